/** A piece of a string: its text, or the code that is put in there. */
export type Part = string | readonly Token[];

/** The text of a string that has no code in it; null for another. */
export function plainText(token: Token): string | null {
  const [only] = token.parts;
  return token.parts.length === 1 && typeof only === 'string' ? only : null;
}

export interface Token {
  /** `run` is a string that is handed to a shell as it stands. */
  readonly kind: 'name' | 'string' | 'run' | 'number' | 'regex' | 'punctuation' | 'newline' | 'words';
  /** As it stands in the code; for a newline the white space that the next line begins with. */
  readonly text: string;
  readonly parts: readonly Part[];
  readonly start: number;
  readonly end: number;
  /** True where white space stands before it. */
  readonly spaced: boolean;
}
