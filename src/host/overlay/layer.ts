import { chmodSync, existsSync, lstatSync, readdirSync } from 'node:fs';
import { HomeostatError } from '../../core/errors.ts';
import type { Print } from '../../core/plan.ts';
import { type Entry, entryAt, fsPath } from '../journal/print.ts';
import { type Lower, joined } from './lower.ts';
import { type Flavour, type Marks, readMarks } from './marks.ts';

/** One entry of the upper layer, which is not a whiteout. */
export interface UpperEntry {
  /** Where it ends up, relative to the root; the root itself is ''. */
  readonly path: string;
  readonly name: string;
  /** Where in the action's folder of the store it lies by now, if not where the kernel put it. */
  movedTo: string | null;
  readonly print: Print;
  readonly marks: Marks;
  /** Names of the overlay's attributes that are on it, of both flavours. */
  readonly ownXattrs: readonly string[];
  /** Whether its mode on disk is another one for now, so that it can be read. */
  readonly opened: boolean;
  readonly parent: UpperEntry | null;
  /** The path that the lower layer has for it if nothing but the folders around it was moved; null in a new folder. */
  readonly natural: string | null;
  /** The lower folder that this one shows together with its own entries; null for a new folder and for all else. */
  readonly source: string | null;
  /** Paths in the lower layer whose absence the folder tells; in a new folder names without a meaning. */
  readonly whiteouts: string[];
}

export interface Layer {
  /** Every entry, folders before what they hold; the root is the first. */
  readonly entries: readonly UpperEntry[];
  /** Gives entries that had to be opened to be read their modes back. */
  close(): void;
}

/** Where an entry lies in the action's folder of the store. */
export const placeOf = ({ movedTo, parent, name }: UpperEntry): string =>
  movedTo ?? (parent === null ? name : `${placeOf(parent)}/${name}`);

/** Whether a folder is wholly the command's own. */
export const isNew = (entry: UpperEntry | null): boolean =>
  entry !== null && entry.print.type === 'directory' && entry.source === null;

/** Whether a folder shows the lower one of another path. */
export const isRenamed = (entry: UpperEntry): boolean =>
  entry.source !== null && entry.source !== entry.natural;

/** A layer is read as a whole, and everything waits for it; with more, a command takes the memory of the server. */
const MOST_ENTRIES = 300_000;
/** So many take their time to be brought to stable storage. */
const MANY_ENTRIES = 1000;
/** Of a path, in bytes: beyond it the system takes a path only piece by piece (PATH_MAX), with room for what is added. */
const LONGEST_PATH = 3800;

/** Reads the upper layer, `<action>/upper`, and maps each entry to the lower one that belongs to it. */
export function readLayer(folder: string, flavour: Flavour, lower: Lower, onMany: () => void): Layer {
  const entries: UpperEntry[] = [];

  const isRoot = process.geteuid?.() === 0;
  let visited = 0;
  const visit = (at: string, name: string, path: string, parent: UpperEntry | null): void => {
    visited += 1;
    if (visited === MANY_ENTRIES) onMany();
    if (visited > MOST_ENTRIES)
      throw new HomeostatError('too_large', `the command changed more than ${MOST_ENTRIES} paths`);
    if (at.length > LONGEST_PATH)
      throw new HomeostatError(
        'too_large',
        `the command made a path of ${at.length} bytes, which is too long`,
      );
    const read = isRoot ? entryAt(fsPath(at)) : readOpened(at);
    if (read === null) throw new HomeostatError('internal_error', `${at} vanished while it was read`);
    const { print, marks: values } = read;
    const opened = 'opened' in read;
    const marks = readMarks(values, flavour);
    const natural = naturalPath(parent, name);
    if (print.rdev === '0' || (marks.whiteout && print.size === 0)) {
      parent?.whiteouts.push(natural ?? name);
      return;
    }
    const source = sourceOf(print, marks, natural, parent, lower);
    const ownXattrs = [...values.keys()];
    const place = { path, name, movedTo: null, parent, natural, source };
    const entry = { ...place, print, marks, ownXattrs, opened, whiteouts: [] };
    entries.push(entry);
    if (print.type !== 'directory') return;
    for (const child of readdirSync(fsPath(at), { encoding: 'latin1' }).toSorted())
      visit(`${at}/${child}`, child, joined(path, child), entry);
  };
  visit(`${folder}/upper`, 'upper', '', null);

  const close = (): void => {
    for (const entry of entries.filter(({ opened }) => opened).toReversed()) {
      const path = fsPath(`${folder}/${placeOf(entry)}`);
      if (existsSync(path)) chmodSync(path, entry.print.mode);
    }
  };
  return { entries, close };
}

function naturalPath(parent: UpperEntry | null, name: string): string | null {
  if (parent === null) return '';
  return parent.source === null ? null : joined(parent.source, name);
}

/** The lower folder that a folder of the upper layer shows. */
function sourceOf(
  print: Print,
  marks: Marks,
  natural: string | null,
  parent: UpperEntry | null,
  lower: Lower,
): string | null {
  if (parent === null) return '';
  if (print.type !== 'directory') return null;
  const redirected = resolveRedirect(marks, parent, lower);
  if (redirected !== null) {
    if (lower.print(redirected)?.type !== 'directory') throw lower.changed(redirected);
    return redirected;
  }
  if (marks.opaque || natural === null) return null;
  if (lower.print(natural)?.type === 'directory') return natural;
  // It was copied from a folder that is no longer there.
  if (marks.origin !== null) throw lower.changed(natural);
  return null;
}

/** The lower path that a redirect names; null where there is none. No link on the way there is followed. */
export function resolveRedirect(marks: Marks, parent: UpperEntry | null, lower: Lower): string | null {
  if (marks.redirect === null) return null;
  const path = marks.redirect.startsWith('/')
    ? marks.redirect.slice(1)
    : joined(parent?.source ?? '', marks.redirect);
  const names = path.split('/');
  for (const [index, name] of names.entries()) {
    if (name === '' || name === '.' || name === '..') throw lower.changed(path);
    const folder = names.slice(0, index).join('/');
    if (index > 0 && lower.print(folder)?.type !== 'directory') throw lower.changed(path);
  }
  return path;
}

/** Reads an entry; what its owner may not read is opened first: the kernel wrote on it all the same. */
function readOpened(path: string): Entry | (Entry & { opened: true }) | null {
  const mode = open(path);
  const entry = entryAt(fsPath(path));
  if (entry === null || mode === null) return entry;
  return { ...entry, print: { ...entry.print, mode }, opened: true };
}

/** Lets the owner read, write and, if it is a folder, enter; gives the mode that it had, null where it could already. */
function open(path: string): number | null {
  const stats = lstatSync(fsPath(path));
  if (!stats.isDirectory() && !stats.isFile()) return null;
  const needed = stats.isDirectory() ? 0o700 : 0o600;
  const mode = stats.mode & 0o7777;
  if ((mode & needed) === needed) return null;
  chmodSync(fsPath(path), mode | needed);
  return mode;
}
