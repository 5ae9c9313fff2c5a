import { type Stats, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What of a repository decides which programs git runs. */
const GUARDED = { config: 'file', hooks: 'folder', info: 'folder' } as const;

/** How a root's repository is kept from giving itself programs to run; paths are relative to the root. */
export interface GitGuards {
  /** Made a mount of their own, so that they cannot be renamed out of the way. */
  readonly pinned: readonly string[];
  readonly readOnly: readonly string[];
  /** Guarded but not there: an empty lower layer provides them, so that nothing can be made in their place. */
  readonly absent: readonly { path: string; folder: boolean }[];
}

const NONE: GitGuards = { pinned: [], readOnly: [], absent: [] };

/** Looks at `.git` of a root and, below it, of its worktrees and submodules. */
export function gitGuards(root: string): GitGuards {
  const git = stat(join(root, '.git'));
  if (git === null || git.isSymbolicLink()) return NONE;
  // The file of a worktree or submodule says where its repository is.
  if (git.isFile()) return { ...NONE, readOnly: ['.git'] };
  if (!git.isDirectory() || stat(join(root, '.git', 'HEAD')) === null) return NONE;
  const guards = ['.git', ...modules(root, '.git/modules')].map((folder) => guardsOf(root, folder));
  return {
    pinned: guards.flatMap(({ pinned }) => pinned),
    readOnly: guards.flatMap(({ readOnly }) => readOnly),
    absent: guards.flatMap(({ absent }) => absent),
  };
}

function guardsOf(root: string, folder: string): GitGuards {
  const found = Object.entries(GUARDED).map(([name, type]) => {
    const path = `${folder}/${name}`;
    return { path, folder: type === 'folder', is: stat(join(root, path)) };
  });
  // A link can be replaced whatever lies over its target, so that the whole repository is closed instead.
  if (found.some(({ is }) => is?.isSymbolicLink() === true)) return { ...NONE, readOnly: [folder] };
  return {
    pinned: [folder],
    readOnly: found.map(({ path }) => path),
    absent: found.filter(({ is }) => is === null),
  };
}

/** Repositories of submodules; a name may have slashes. */
function modules(root: string, folder: string, depth = 4): string[] {
  if (depth === 0 || stat(join(root, folder))?.isDirectory() !== true) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`)
    .flatMap((path) =>
      stat(join(root, path, 'HEAD')) === null
        ? modules(root, path, depth - 1)
        : [path, ...modules(root, `${path}/modules`, depth - 1)],
    );
}

/** Lays out the lowest layer; null where none is needed. */
export function makePoints(folder: string, { absent }: GitGuards): string | null {
  if (absent.length === 0) return null;
  const points = join(folder, 'points');
  for (const { path, folder: isFolder } of absent) {
    mkdirSync(isFolder ? join(points, path) : join(points, dirname(path)), { recursive: true });
    if (!isFolder) writeFileSync(join(points, path), '');
  }
  return points;
}

const stat = (path: string): Stats | null => lstatSync(path, { throwIfNoEntry: false }) ?? null;
