import { isAbsolute, relative } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { Machine } from '../../core/host.ts';
import type { Workspace } from '../../core/principal.ts';
import type { Bounds } from './bounds.ts';

/**
 * The workspace as far as a card reaches; its roots are none where the card names nothing that is there. A folder that
 * is reached only through a link is not reached: whoever may lay links would say how far that is.
 */
export function workspaceWithin(
  workspace: Workspace,
  bounds: Bounds | null,
  folders: Machine['folders'],
): Workspace {
  const narrowing = bounds?.roots.filter((patterns) => !patterns.includes('.')) ?? [];
  if (narrowing.length === 0) return workspace;
  let roots = workspace.roots;
  for (const patterns of narrowing) {
    const named = workspace.roots.flatMap((root) =>
      patterns.flatMap((pattern) => folders(root, below(pattern, root))),
    );
    roots = common(roots, named);
  }
  const within = roots.some((root) => isInside(workspace.cwd, root));
  return {
    ...workspace,
    roots,
    cwd: within ? workspace.cwd : (roots[0] ?? workspace.cwd),
    beyond: workspace.roots,
  };
}

/** A pattern's parts below a root; null where it is a whole path that lies elsewhere. */
function below(pattern: string, root: string): readonly string[] | null {
  const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');
  if (!isAbsolute(pattern)) return parts(pattern);
  return isInside(pattern, root) ? parts(relative(root, pattern)) : null;
}

/** The folders that lie in both, none of them in another. */
function common(some: readonly string[], others: readonly string[]): string[] {
  const both = some.flatMap((one) =>
    others.flatMap((other) => (isInside(other, one) ? [other] : isInside(one, other) ? [one] : [])),
  );
  return [...new Set(both)].filter((path) => !both.some((outer) => outer !== path && isInside(path, outer)));
}
