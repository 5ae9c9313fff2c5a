import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { LogOptions, Logs } from '../../core/engine.ts';

/** What a container has said, both streams in the order in which they came; the newest part where it is too long. */
export async function readLogs(container: Docker.Container, options: LogOptions): Promise<Logs> {
  const { tail, since, until, timestamps, followMs } = options;
  const common = { stdout: true, stderr: true, tail, timestamps };
  const times = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
  const kept = newest(options.maxBytes);
  const { Config } = await container.inspect();
  if (followMs === 0) {
    const whole = await container.logs({ ...common, ...times, follow: false });
    for (const chunk of Config.Tty ? [whole] : framesOf(whole)) kept.add(chunk);
    return kept.done();
  }
  const stream = await container.logs({ ...common, ...times, follow: true });
  const both = new PassThrough();
  if (Config.Tty) stream.pipe(both);
  else container.modem.demuxStream(stream, both, both);
  both.on('data', (chunk: Buffer) => kept.add(chunk));
  let isEnough = false;
  const end = (): void => {
    isEnough = true;
    (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
  };
  const timer = setTimeout(end, followMs);
  options.signal.addEventListener('abort', end);
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('end', resolve).once('error', reject);
      stream.once('close', () => (isEnough ? resolve() : reject(new Error('the connection was lost'))));
    });
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', end);
  }
  return kept.done();
}

const HEAD_BYTES = 8;
const LENGTH_AT = 4;

/** Without a terminal the engine sends frames: which stream, three zero bytes, the length, and so many bytes. */
function* framesOf(all: Buffer): Generator<Buffer> {
  for (let at = 0; at + HEAD_BYTES <= all.length;) {
    const length = all.readUInt32BE(at + LENGTH_AT);
    yield all.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    at += HEAD_BYTES + length;
  }
}

/** Keeps the last bytes of what is added, from the beginning of a line on, so that no half of a secret is shown. */
function newest(maxBytes: number): { add(chunk: Buffer): void; done(): Logs } {
  let chunks: Buffer[] = [];
  let [bytes, omitted] = [0, 0];
  return {
    add(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes - (chunks[0]?.length ?? 0) > maxBytes) {
        const gone = chunks.shift()?.length ?? 0;
        [bytes, omitted] = [bytes - gone, omitted + gone];
      }
    },
    done() {
      const all = Buffer.concat(chunks);
      chunks = [];
      if (omitted === 0 && all.length <= maxBytes) return { text: all.toString(), omitted };
      const from = all.indexOf(10, Math.max(0, all.length - maxBytes)) + 1;
      return { text: all.subarray(from).toString(), omitted: omitted + from };
    },
  };
}
