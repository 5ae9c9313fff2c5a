import * as z from 'zod';

/** A path as it stood: enough to tell whether it has changed and, with the object, to put it back. */
export const fileStateSchema = z.object({
  type: z.enum(['file', 'directory', 'symlink']),
  /** Permission bits, as in `chmod`. */
  mode: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  /** Nanoseconds since 1970, decimal. */
  mtime_ns: z.string(),
  /** Bytes; 0 for folders. */
  size: z.number().int(),
  /** SHA-256 of a file's content: its name in the object store. */
  digest: z.string().optional(),
  /** Where a symbolic link points. */
  target: z.string().optional(),
});
export type FileState = z.infer<typeof fileStateSchema>;

/** One path before and after; null means that nothing is there. */
export const changeSchema = z.object({
  path: z.string(),
  before: fileStateSchema.nullable(),
  after: fileStateSchema.nullable(),
});
export type Change = z.infer<typeof changeSchema>;

/** A set of changes to the file system, parents before children. */
export const changeSetSchema = z.object({ changes: z.array(changeSchema) });
export type ChangeSet = z.infer<typeof changeSetSchema>;

export const changeKindSchema = z.enum(['create', 'modify', 'delete']);
export type ChangeKind = z.infer<typeof changeKindSchema>;

/** What of an entry is another than before; `content` of a link is where it points. */
export const aspectSchema = z.enum(['type', 'content', 'mode', 'owner', 'times', 'attributes']);
export type Aspect = z.infer<typeof aspectSchema>;

/** One path that is changed, as it is shown; bytes of its names that are not UTF-8 as `\xff`. */
export const shownChangeSchema = z.object({
  path: z.string(),
  change: z.enum([...changeKindSchema.options, 'rename']),
  /** Size after and before; for a folder that comes or goes of all files below it. */
  bytes: z.number().int(),
  was: z.number().int(),
  /** Where what is renamed stood. */
  from: z.string().optional(),
  /** The file that this is a further name of. */
  link_to: z.string().optional(),
  /** Unless it is a file. */
  type: z.enum(['directory', 'symlink', 'fifo', 'socket', 'device']).optional(),
  /** What is changed of what stays or is renamed. */
  changed: z.array(aspectSchema).optional(),
  /** How many entries a folder that comes or goes has below it. */
  entries: z.number().int().optional(),
  /** From now on a program that runs with its owner's or group's rights. */
  setid: z.boolean().optional(),
  /** Part of a repository that is made here, and of which git runs nothing. */
  inert: z.boolean().optional(),
});
export type ShownChange = z.infer<typeof shownChangeSchema>;

/** What an action will do (staged) or did (committed), as people and models are shown it. */
export const effectsSchema = z.object({
  /** False where nobody can tell before it has run. */
  known: z.boolean(),
  /** Whether what is changed can be put back, and what cannot. */
  note: z.string(),
  changes: z.array(shownChangeSchema),
  /** How many further changes are not told one by one. */
  more: z.number().int().optional(),
  /** Unified diff of text files, capped, with secrets redacted. */
  diff: z.string(),
});
export type Effects = z.infer<typeof effectsSchema>;

/** One side of a change: its text, null where it is none, is too long or not to be shown, and what it is in a few words. */
export interface Side {
  readonly text: string | null;
  readonly summary: string;
}

/** A change with what a diff of it shows; null for the side where nothing is. */
export interface Described {
  readonly change: ShownChange;
  readonly before: Side | null;
  readonly after: Side | null;
}

export function changeKind(change: Change): ChangeKind {
  if (change.before === null) return 'create';
  return change.after === null ? 'delete' : 'modify';
}

/** Whether two states are the same to a reader of the path; times and owners are not looked at. */
export function sameState(a: FileState | null, b: FileState | null): boolean {
  if (a === null || b === null) return a === b;
  return a.type === b.type && a.mode === b.mode && a.digest === b.digest && a.target === b.target;
}

/** The change set that takes the world back, children before parents are handled by whoever applies it. */
export function inverse(set: ChangeSet): ChangeSet {
  return { changes: set.changes.map(({ path, before, after }) => ({ path, before: after, after: before })) };
}
