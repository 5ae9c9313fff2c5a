import { ModelFailure } from './model.ts';

/** The data of each event of a stream (Server-Sent Events, as the HTML standard has them), one at a time. */
export async function* events(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let [text, read] = ['', 0];
  for await (const chunk of body) {
    read += chunk.length;
    if (read > most) throw tooMuch(most);
    text += decoder.decode(chunk, { stream: true });
    // A chunk may end between \r and \n: that pair is left for the next.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const parts = whole.split(/\r\n\r\n|\n\n|\r\r/);
    text = (parts.pop() ?? '') + text.slice(whole.length);
    for (const part of parts) yield* dataOf(part);
  }
  yield* dataOf(text);
}

function* dataOf(event: string): Generator<string> {
  const data = event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''));
  if (data.length > 0) yield data.join('\n');
}

/** A body that comes in one piece. Throws where it is longer than `most` bytes. */
export async function textOf(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  most: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    if (read > most) throw tooMuch(most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooMuch = (most: number): ModelFailure => new ModelFailure(`it sent more than ${most} bytes`);
