import { dirname, join, relative } from 'node:path';
import picomatch from 'picomatch';
import type { GitCopy, PathFacts } from '../../src/core/host.ts';
import { isInside } from '../../src/core/inside.ts';
import { type Level, riskOf } from '../../src/core/risk.ts';
import { type CommandContext, assessCommand } from '../../src/guards/risk/assess-command.ts';
import { CONTEXT } from '../helpers/assess.ts';
import { CHANGED, COMMITTED, HOME, MARKERS, ROOT, SETUP } from './canaries.ts';
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
  const standing = new Map(tree.map((one) => [one.path, one]));
  const real = (path: string): string => {
    if (path === '/') return path;
    const target = standing.get(path)?.target;
    return target === undefined
      ? join(real(dirname(path)), path.slice(path.lastIndexOf('/') + 1))
      : real(join(target.startsWith('/') ? '/' : dirname(path), target));
  };
  return {
    ...CONTEXT,
    workspace: { roots: [ROOT], cwd: SETUP.place.cwd },
    protectedGlobs: [],
    shownGlobs: [],
    home: HOME,
    real,
    facts: (path) =>
      factsOf(
        real(dirname(path)) === '/' ? path : join(real(dirname(path)), path.slice(path.lastIndexOf('/') + 1)),
        standing,
      ),
    text: (path) => standing.get(real(path))?.text ?? null,
    below: (folder) =>
      tree.flatMap(({ path, kind }) => (kind !== 'folder' && isInside(path, folder) ? [path] : [])),
    expand: (cwd, pattern) => {
      const fits = picomatch(pattern);
      return paths.filter((path) => fits(pattern.startsWith('/') ? path : relative(cwd, path)));
    },
  };
}

const TYPES = { file: 'file', folder: 'directory', link: 'symlink', other: 'other' } as const;

function factsOf(path: string, standing: ReadonlyMap<string, Standing>): PathFacts {
  const here = standing.get(path);
  if (here === undefined) return { type: 'missing', size: 0, git: null };
  return {
    type: TYPES[here.kind],
    size: here.text?.length ?? 0,
    git: isInside(path, ROOT) ? copyOf(path, standing) : null,
  };
}

const TRACKED = new Set([...COMMITTED, ...CHANGED, ...MARKERS.filter((path) => isInside(path, ROOT))]);

function copyOf(path: string, standing: ReadonlyMap<string, Standing>): GitCopy {
  const files = [...standing.values()].flatMap((one) =>
    one.kind !== 'folder' && isInside(one.path, path) ? [one.path] : [],
  );
  return {
    tracked: files.filter((file) => TRACKED.has(file)).length,
    clean: !files.some((file) => CHANGED.includes(file)),
    untracked: files.some((file) => !TRACKED.has(file)),
    holdsRepository: isInside(`${ROOT}/.git`, path),
  };
}
