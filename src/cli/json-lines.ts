import { StringDecoder } from 'node:string_decoder';

/** What stands in for a line that was longer than allowed; its text is let go of. */
export const TOO_LONG = Symbol('a line that is too long');

/**
 * The lines of a stream, those that came together in one batch, the last with or without its line break. Of a
 * line that is too long nothing is kept, so that no input can fill the memory.
 */
export async function* linesOf(
  input: AsyncIterable<Buffer | string>,
  mostCharacters: number,
): AsyncGenerator<(string | typeof TOO_LONG)[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
    const lines: (string | typeof TOO_LONG)[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, end);
      lines.push(skipping || line.length > mostCharacters ? TOO_LONG : line);
      [rest, skipping, from] = ['', false, end + 1];
    }
    if (!skipping) rest += text.slice(from);
    if (rest.length > mostCharacters) [rest, skipping] = ['', true];
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (skipping) yield [TOO_LONG];
  else if (rest !== '') yield [rest];
}
