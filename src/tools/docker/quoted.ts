/** One word of a shell line. */
export const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
