import { dirname, join, relative } from 'node:path';
import picomatch from 'picomatch';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { type Level, riskOf } from '../../src/core/risk.ts';
import { type CommandContext, assessCommand } from '../../src/guards/risk/assess-command.ts';
import { loadRules } from '../../src/registry/rules.ts';
import { HOME, ROOT, SETUP } from './canaries.ts';
import type { Standing } from './sandbox/index.ts';

export interface Verdict {
  readonly level: Level;
  readonly reasons: readonly string[];
}

/** The assessor as these tests see it: it is told where the line runs and what stands in the sandbox. */
export function assessorFor(tree: readonly Standing[]): (line: string) => Verdict {
  const context = contextOf(tree);
  return (line) => {
    const { factors, reversibility } = assessCommand(line, SETUP.place.cwd, {}, context);
    const { level } = riskOf(factors, [], reversibility);
    return { level, reasons: factors.map((f) => `${f.level} ${f.rule}: ${f.evidence}`) };
  };
}

function contextOf(tree: readonly Standing[]): CommandContext {
  const paths = tree.map(({ path }) => path);
  const links = new Map(tree.map(({ path, target }) => [path, target]));
  const real = (path: string): string => {
    if (path === '/') return path;
    const target = links.get(path);
    return target === undefined
      ? join(real(dirname(path)), path.slice(path.lastIndexOf('/') + 1))
      : join(dirname(path), target);
  };
  return {
    workspace: { roots: [ROOT], cwd: SETUP.place.cwd },
    rules: loadRules(join(PACKAGE_ROOT, 'registry')),
    protectedServices: [],
    protectedGlobs: [],
    ownFolders: ['/w/state'],
    home: HOME,
    real,
    below: (folder) => paths.filter((path) => path === folder || path.startsWith(`${folder}/`)),
    expand: (cwd, pattern) => {
      const fits = picomatch(pattern);
      return paths.filter((path) => fits(pattern.startsWith('/') ? path : relative(cwd, path)));
    },
  };
}
