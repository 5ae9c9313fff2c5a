import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { type Risk, riskOf } from '../../src/core/risk.ts';
import { assessCommand } from '../../src/guards/risk/assess-command.ts';
import { loadRules } from '../../src/registry/load-rules.ts';

export const RULES = loadRules(join(PACKAGE_ROOT, 'registry'));

export const ROOT = '/w/root';

/** A machine of thought: `link` leads out of the root, and patterns fit one plain file. */
export const CONTEXT = {
  workspace: { roots: [ROOT], cwd: ROOT },
  rules: RULES,
  protectedServices: [],
  protectedGlobs: ['deploy/*.lock'],
  ownFolders: ['/w/state', '/w/config'],
  home: '/home/somebody',
  real: (path: string): string => path.replace(/^\/w\/root\/link(?=\/|$)/, '/etc/deep'),
  below: (path: string): string[] | null =>
    path === `${ROOT}/huge` ? null : path === ROOT ? [`${ROOT}/a.txt`, `${ROOT}/conf/.env`] : [path],
  expand: (): string[] => [`${ROOT}/a.txt`],
};

export function assess(line: string, env: Record<string, string> = {}): Risk {
  const { factors, reversibility } = assessCommand(line, ROOT, env, CONTEXT);
  return riskOf(factors, [], reversibility);
}
