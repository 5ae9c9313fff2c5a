/** A line that a cut went through is dropped, since what is left of a secret in it could not be told for one; of a long one so much. */
const MOST_DROPPED = 1024;

/** How much is kept of a beginning that was cut off somewhere: all but what is left of its last line. */
export function keptOfStart(text: string | Buffer): number {
  const least = text.length - Math.min(MOST_DROPPED, text.length >> 1);
  return Math.max(text.lastIndexOf('\n') + 1, least);
}

/** Where to begin in an end that was cut off somewhere: after what is left of its first line. */
export function startOfEnd(text: string | Buffer): number {
  const most = Math.min(MOST_DROPPED, text.length >> 1);
  const line = text.indexOf('\n') + 1;
  return line === 0 ? most : Math.min(line, most);
}
