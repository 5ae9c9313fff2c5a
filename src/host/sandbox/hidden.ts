import { type Stats, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { SandboxData } from '../../core/sandbox.ts';
import { type Mount, openSockets } from './mounts.ts';

/** A path of which an empty one is shown instead. */
export interface Hidden {
  readonly path: string;
  readonly folder: boolean;
}

/** What is replaced as a whole, so that nothing below needs hiding. */
const REPLACED = ['/tmp', '/var/tmp', '/run', '/dev', '/proc'];

export interface HiddenSource {
  readonly data: SandboxData;
  /** Folders of homeostat's own, and of what this person's session keeps outside /run. */
  readonly own: readonly string[];
  readonly home: string;
  readonly mounts: readonly Mount[];
  readonly roots: readonly string[];
}

/** All that exists at this moment of what a command must not see, by its real path; nothing that lies in another. */
export function hiddenPaths({ data, own, home, mounts, roots }: HiddenSource): Hidden[] {
  const listed = [...data.credentials, ...data.sockets].map(({ path }) => path);
  const absolute = listed.filter((path) => path.startsWith('/'));
  const inHomes = listed.filter((path) => path.startsWith('~')).map((path) => path.slice(2).split('/'));
  const candidates = [
    ...own,
    ...absolute.flatMap((path) => matching('/', path.slice(1).split('/'))),
    ...homes(home).flatMap((folder) => belowHome(folder, inHomes)),
    // A second /proc, as in a change root, would show the processes of the machine.
    ...mounts.filter(({ type, point }) => type === 'proc' && point !== '/proc').map(({ point }) => point),
    ...openSockets().filter((path) => !roots.some((root) => isInside(path, root))),
  ];
  const found = new Map<string, boolean>();
  for (const path of candidates) {
    const real = realOf(path);
    if (real !== null && isShown(real.path, roots)) found.set(real.path, real.folder);
  }
  const folders = [...found].filter(([, folder]) => folder).map(([path]) => path);
  const covered = (path: string): boolean =>
    folders.some((folder) => folder !== path && isInside(path, folder) && !isShownIn(folder, path));
  // A root that lies in what is hidden is shown on top of it, and with it what is to be hidden there.
  const isShownIn = (folder: string, path: string): boolean =>
    roots.some((root) => isInside(root, folder) && isInside(path, root));
  return [...found].filter(([path]) => !covered(path)).map(([path, folder]) => ({ path, folder }));
}

/** Whether it can be seen at all: what is replaced as a whole shows only the roots in it. */
const isShown = (path: string, roots: readonly string[]): boolean =>
  !REPLACED.some((place) => isInside(path, place)) || roots.some((root) => isInside(path, root));

/** The homes that may be on this machine. */
function homes(home: string): string[] {
  return [...new Set([home, '/root', ...entries('/home').map((name) => join('/home', name))])];
}

/** Looks once at what the home has, since most of what is listed is in no home. */
function belowHome(home: string, patterns: readonly (readonly string[])[]): string[] {
  const names = entries(home);
  const has = new Set(names);
  return patterns.flatMap(([first = '', ...rest]) => {
    const starts = first.includes('*') ? names.filter(glob(first)) : has.has(first) ? [first] : [];
    return starts.flatMap((name) => matching(join(home, name), rest));
  });
}

/** The paths below a folder that a pattern names; a name without a star need not exist. */
function matching(folder: string, [first, ...rest]: readonly string[]): string[] {
  if (first === undefined) return [folder];
  const names = first.includes('*') ? entries(folder).filter(glob(first)) : [first];
  return names.flatMap((name) => matching(join(folder, name), rest));
}

function glob(pattern: string): (name: string) => boolean {
  const source = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = new RegExp(`^${source.join('.*')}$`);
  return (name) => expression.test(name);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Null where nothing is there, or where nobody of this user can look. */
function realOf(path: string): Hidden | null {
  try {
    const found: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    if (!found.isSymbolicLink())
      return {
        path: join(realFolder(dirname(path)), path.slice(path.lastIndexOf('/'))),
        folder: found.isDirectory(),
      };
    const real = realpathSync.native(path);
    return { path: real, folder: lstatSync(real).isDirectory() };
  } catch {
    return null;
  }
}

const realFolder = (path: string): string => realpathSync.native(path);
