import { dirname, sep } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type { Workspace } from '../../core/principal.ts';

/** What roots are decided from. Paths are absolute; `real` resolves links and answers null where nothing is. */
export interface RootsRequest {
  readonly configured: readonly string[];
  /** Roots named on the command line. */
  readonly added: readonly string[];
  /** Roots that the client announced; they narrow. */
  readonly announced: readonly string[] | null;
  readonly cwd: string;
  readonly home: string;
  readonly ownFolders: readonly string[];
  readonly configPath: string;
  readonly real: (path: string) => string | null;
}

/** The workspace of a connection, or an error that says what a person has to write. */
export function workspaceOf(request: RootsRequest): Workspace {
  const asked = [...request.configured, ...request.added];
  const real = asked.length > 0 ? namedRoots(asked, request) : [defaultRoot(request)];
  for (const root of real) refuseOwn(root, request);
  const named = outermost(real);
  const roots = narrowed(named, request);
  const cwd = request.real(request.cwd);
  const within = cwd !== null && roots.some((root) => isInside(cwd, root));
  return {
    roots,
    cwd: within ? cwd : (roots[0] ?? request.cwd),
    ...(roots.every((root) => named.includes(root)) ? {} : { named }),
  };
}

function namedRoots(named: readonly string[], request: RootsRequest): string[] {
  return named.map((path) => {
    const real = path.startsWith(sep) ? request.real(path) : null;
    if (real !== null) return real;
    const what = path.startsWith(sep) ? 'does not exist' : 'is not an absolute path';
    throw new HomeostatError('no_root', `the root ${path} ${what}`, {
      next: `A person mends it in ${request.configPath} or in --root.`,
    });
  });
}

/** Without any configuration the folder that the server was started in is the root, unless that is everything. */
function defaultRoot(request: RootsRequest): string {
  const cwd = request.real(request.cwd);
  if (cwd !== null && !isInside(request.home, cwd)) return cwd;
  throw new HomeostatError(
    'no_root',
    `${request.cwd} is no root by itself: it holds the whole home folder or system`,
    {
      next: `A person starts the server with \`--root /path/to/project\`, or writes into ${request.configPath}:\nroots:\n  - /path/to/project`,
    },
  );
}

/** State or configuration within an agent's reach would let it write its own permissions. */
function refuseOwn(root: string, request: RootsRequest): void {
  const own = request.ownFolders.find((folder) => isInside(folder, root) || isInside(root, folder));
  if (own === undefined) return;
  throw new HomeostatError(
    'unsafe_root',
    `the root ${root} and homeostat’s own folder ${own} lie inside one another`,
    {
      next: `A person names a narrower root, or moves the state with HOMEOSTAT_HOME and the configuration with --config.`,
    },
  );
}

const outermost = (roots: readonly string[]): string[] =>
  [...new Set(roots)].filter((r) => !roots.some((o) => o !== r && isInside(r, o)));

function narrowed(outer: readonly string[], request: RootsRequest): readonly string[] {
  if (request.announced === null) return outer;
  const announced = request.announced.flatMap((path) => request.real(path) ?? []);
  const both = outer.flatMap((root) =>
    announced.flatMap((path) => (isInside(path, root) ? [path] : isInside(root, path) ? [root] : [])),
  );
  if (both.length > 0) return outermost(both);
  throw new HomeostatError('no_root', `none of the client’s folders lies in ${outer.join(', ')}`, {
    next: `A person adds ${announced[0] ?? dirname(outer[0] ?? sep)} to roots in ${request.configPath}, or starts the server with --root.`,
  });
}
