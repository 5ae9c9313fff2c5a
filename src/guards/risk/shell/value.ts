/**
 * What a word of a shell line may stand for. A character that cannot be known before the line runs is a hole, and
 * stands for any text, of any length; a text that is one hole alone is wholly unknown.
 */
export interface Value {
  readonly text: string;
  /** True where unquoted pattern characters stand in it, which the shell replaces by the paths that fit. */
  readonly glob: boolean;
  /** True where an unquoted hole may become no word, or several. */
  readonly splits: boolean;
  /** Where its content comes from, as a sum of `FROM`. */
  readonly from: number;
  /** True where each hole in it stands for a whole number, so that nothing can be hidden in it. */
  readonly number?: boolean;
  /** True of a variable that the line has not set: nobody could have hidden code in it. */
  readonly outside?: boolean;
}

/** Stands for any text. A line that has this very character in it is taken to have a hole there. */
export const HOLE = '\u{FFFC}';

/** Origins that matter to what a text may do: they are added up as bits. */
export const FROM = {
  /** Fetched from another machine. */
  network: 1,
  /** Holds a secret. */
  secret: 2,
  /** Came out of a decoder, and could not be followed. */
  decoded: 4,
  /** Read from a file, a program or the person at the terminal, so that somebody else decides what it is. */
  input: 8,
  /** The whole environment, in which tokens and passwords usually stand. */
  environment: 16,
  /** Never ends by itself. */
  endless: 32,
} as const;

export const known = (text: string, from = 0): Value => ({ text, glob: false, splits: false, from });

export const unknown = (from = 0): Value => ({ text: HOLE, glob: false, splits: false, from });

export const isKnown = (value: Value): boolean => !value.text.includes(HOLE);

/** The texts one after the other. */
export function joined(values: readonly Value[], between = ''): Value {
  return {
    text: values.map((v) => v.text).join(between),
    glob: values.some((v) => v.glob),
    splits: values.some((v) => v.splits),
    from: values.reduce((sum, v) => sum | v.from, 0),
  };
}
