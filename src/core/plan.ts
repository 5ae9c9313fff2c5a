import * as z from 'zod';

/**
 * A path or a name as its bytes, one character for each (latin1), since the file system's names need not be UTF-8.
 * Paths of a plan are relative to its root, without a leading slash.
 */
export const bytesSchema = z.string();

/** What the file system tells of an entry without reading it: enough to see that nobody has changed it. */
export const printSchema = z.object({
  type: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'device']),
  /** Decimal, as are the times, in nanoseconds since 1970. */
  ino: z.string(),
  mtime_ns: z.string(),
  ctime_ns: z.string(),
  /** Permission bits, as in `chmod`. */
  mode: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  /** Bytes; 0 for all but files. */
  size: z.number().int(),
  /** How many names the inode has. */
  links: z.number().int(),
  /** Where a symbolic link points. */
  target: bytesSchema.optional(),
  /** Major and minor of a device, decimal, as `stat` packs them. */
  rdev: z.string().optional(),
  /** Extended attributes, ACLs among them, in base64; the overlay's own are not told. */
  xattrs: z.record(z.string(), z.string()).optional(),
});
export type Print = z.infer<typeof printSchema>;

/** All that is below a folder, told apart by a digest of its prints. */
const belowSchema = z.object({
  entries: z.number().int(),
  digest: z.string(),
  /** Of its files together, where counted. */
  bytes: z.number().int().optional(),
  /** Whether a file in it runs with somebody else's rights, where that was looked at. */
  setid: z.boolean().optional(),
});

/**
 * One change of one path. What stood there goes to `pre/N` in the action's own folder of the store, N being the step's
 * number, so that every step can be taken back by renames alone. `before` and `below` tell of what was there when the
 * plan was made: for an entry that an earlier step moves or that lies in a folder so moved, at its old path; the
 * move itself changes the ctime of what is moved, and every step the times of the folder it lies in.
 */
export const stepSchema = z.discriminatedUnion('do', [
  /** What lies at `from` is renamed to the path, over what stands there. */
  z.object({
    do: z.literal('put'),
    path: bytesSchema,
    /** In the store of the root: `<action>/upper/…`, `<action>/pre/N`, … */
    from: bytesSchema,
    before: printSchema.nullable(),
    after: printSchema,
    /** What a folder holds once all steps are done: in what is kept for undo, and where it is known before. */
    filled: belowSchema.optional(),
  }),
  /**
   * A folder goes with all that is below it; `below` tells whether that is still what it was, null for a folder
   * that a later step puts elsewhere.
   */
  z.object({
    do: z.literal('remove'),
    path: bytesSchema,
    before: printSchema,
    below: belowSchema.nullable(),
  }),
  /** A further name for the inode that lies at `to` in the root; nothing stands at the path. */
  z.object({ do: z.literal('link'), path: bytesSchema, to: bytesSchema, after: printSchema }),
  /** The opposite: the inode stays, under its other name, so that no pre-image is kept. */
  z.object({ do: z.literal('unlink'), path: bytesSchema, to: bytesSchema, before: printSchema }),
  /** Mode, owner, times and extended attributes of what stays where it is. */
  z.object({
    do: z.literal('attributes'),
    path: bytesSchema,
    before: printSchema,
    after: printSchema,
    /**
     * Of a folder, in what takes an action back: the time that the action had given it, and the one that it had
     * found. What stands there may be another, which is left alone.
     */
    times: z.object({ before: z.string(), after: z.string() }).optional(),
  }),
  /** New content in the same inode, for a file that has other names. */
  z.object({
    do: z.literal('write'),
    path: bytesSchema,
    from: bytesSchema,
    before: printSchema,
    after: printSchema,
  }),
]);
export type Step = z.infer<typeof stepSchema>;

/** The steps in one root, in the order in which they are done. */
export const partSchema = z.object({
  /** Absolute real path. */
  root: z.string(),
  /** The store of the root: a folder on the same file system, one folder in it for each action. */
  store: z.string(),
  /** The root's own inode: another one there means that its file system is not mounted. Unknown of older plans. */
  ino: z.string().optional(),
  steps: z.array(stepSchema),
});
export type Part = z.infer<typeof partSchema>;

/** All that an action changes, in every root; written down before its first step, so that recovery can end it. */
export const planSchema = z.object({ parts: z.array(partSchema) });
export type Plan = z.infer<typeof planSchema>;

/** The steps of a plan lie in `<store>/<action>/<number of the part>`: staged content, and the pre-images in `pre`. */
export const folderOf = (action: string, part: number): string => `${action}/${part}`;

/**
 * Whether an entry is the same as it was: the same inode with the same content and attributes, as far as can be told
 * without reading. The times and sizes of folders change with what is in them, so they do not count.
 */
export function isSame(a: Print | null, b: Print | null): boolean {
  if (a === null || b === null) return a === b;
  const plain = (print: Print): unknown[] => [
    print.type,
    print.ino,
    print.mode,
    print.uid,
    print.gid,
    print.target,
    print.rdev,
    ...Object.entries(print.xattrs ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .toSorted(),
    ...(print.type === 'directory' ? [] : [print.size, print.mtime_ns]),
  ];
  return plain(a).join('\0') === plain(b).join('\0');
}
