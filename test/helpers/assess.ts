import type { PathFacts } from '../../src/core/host.ts';
import { type Risk, riskOf } from '../../src/core/risk.ts';
import { assessCommand } from '../../src/guards/risk/assess-command.ts';
import { openCatalogue } from '../../src/guards/risk/catalogue.ts';
import { openRegistry } from '../../src/registry/open-registry.ts';

/** As the build left it, unless a file of it has changed since: to read all of them takes every file of tests a second. */
export const { registry: REGISTRY } = await openRegistry();
export const RULES = REGISTRY.rules;

export const ROOT = '/w/root';

/** A machine of thought: `link` leads out of the root, and patterns fit one plain file. */
export const CONTEXT = {
  workspace: { roots: [ROOT], cwd: ROOT },
  rules: RULES,
  catalogue: openCatalogue(REGISTRY),
  facts: (): PathFacts => ({ type: 'unknown', size: 0, git: null }),
  protectedServices: [],
  protectedGlobs: ['deploy/*.lock'],
  shownGlobs: [],
  ownFolders: ['/w/state', '/w/config'],
  home: '/home/somebody',
  real: (path: string): string => path.replace(/^\/w\/root\/link(?=\/|$)/, '/etc/deep'),
  text: (): string | null => null,
  origins: new Map<string, number>(),
  below: (path: string): string[] | null =>
    path === `${ROOT}/huge` ? null : path === ROOT ? [`${ROOT}/a.txt`, `${ROOT}/conf/.env`] : [path],
  expand: (): string[] => [`${ROOT}/a.txt`],
};

export function assess(line: string, env: Record<string, string> = {}): Risk {
  const { factors, reversibility } = assessCommand(line, ROOT, env, CONTEXT);
  return riskOf(factors, [], reversibility);
}
