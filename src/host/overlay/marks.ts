/** How the overlay was mounted: its own attributes are `trusted.overlay.*` or, for an ordinary user, `user.overlay.*`. */
export type Flavour = 'trusted' | 'user';

/** What the kernel has written on an entry of the upper layer about the layer below. */
export interface Marks {
  /** The folder hides what the lower layer has at its path. */
  readonly opaque: boolean;
  /** Where the lower layer has what belongs here: absolute from the root, or a sibling; latin1. */
  readonly redirect: string | null;
  /** The content is still in the lower layer only; the upper file reads as zeros. */
  readonly metacopy: boolean;
  /** It stands for the absence of what the lower layer has; the usual sign is a device with the number 0. */
  readonly whiteout: boolean;
  /** Handle of the lower inode that this was copied from; '' where it was, but from which is not told; else null. */
  readonly origin: string | null;
}

/** Before the handle in an origin: version, magic number, length, flags, type, and the file system's UUID. */
const ORIGIN_HEAD = 21;
const ORIGIN_MAGIC = 0xfb;

/** Reads the attributes of one flavour only: those of the other are a command's own and mean nothing. */
export function readMarks(values: ReadonlyMap<string, Buffer>, flavour: Flavour): Marks {
  const value = (name: string): Buffer | undefined => values.get(`${flavour}.overlay.${name}`);
  return {
    opaque: value('opaque')?.toString('latin1') === 'y',
    redirect: value('redirect')?.toString('latin1') ?? null,
    metacopy: value('metacopy') !== undefined,
    whiteout: value('whiteout') !== undefined,
    origin: originOf(value('origin')),
  };
}

function originOf(value: Buffer | undefined): string | null {
  if (value === undefined) return null;
  if (value.length <= ORIGIN_HEAD || value[1] !== ORIGIN_MAGIC) return '';
  return `${value[4]}:${value.subarray(ORIGIN_HEAD, value[2]).toString('base64')}`;
}
