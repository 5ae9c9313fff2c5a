import { connect } from 'node:net';
import type { HealthRow, ProbeTarget } from '../core/metrics.ts';

const PATIENCE_MS = 3000;
const MOST_BYTES = 65_536;

/**
 * Asks a service whether it is well, at the address that a person has configured and nowhere else: an answer that
 * leads elsewhere is a failure. What it says comes from outside and is never passed on, but for its status.
 */
export async function probe({ name, url }: ProbeTarget): Promise<HealthRow> {
  const started = performance.now();
  try {
    const said = url.startsWith('tcp:') ? await probeTcp(new URL(url)) : await probeHttp(url);
    return { name, ...said, found: `${said.found} in ${Math.round(performance.now() - started)} ms` };
  } catch (error) {
    const { code, name: kind } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return {
      name,
      status: 'failing',
      found: kind === 'TimeoutError' ? `no answer in ${PATIENCE_MS} ms` : (code ?? kind),
    };
  }
}

async function probeTcp({ hostname, port }: URL): Promise<Omit<HealthRow, 'name'>> {
  return new Promise((resolve, reject) => {
    const host = hostname.replaceAll(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port), timeout: PATIENCE_MS });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ status: 'ok', found: 'accepts connections' });
    });
    socket.once('timeout', () => {
      socket.destroy();
      reject(new DOMException('', 'TimeoutError'));
    });
    socket.once('error', reject);
  });
}

async function probeHttp(url: string): Promise<Omit<HealthRow, 'name'>> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(url, { redirect: 'manual', signal, headers: { connection: 'close' } });
  const { status } = answer;
  const body = await beginningOf(answer);
  if (status >= 300 && status < 400) return { status: 'failing', found: `${status}: leads elsewhere` };
  if (!answer.ok) return { status: 'failing', found: `${status}` };
  const told = statusIn(body);
  return {
    status: told ?? 'ok',
    found: told === null || told === 'ok' ? `${status}` : `${status}, says ${told}`,
  };
}

async function beginningOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = answer.body?.getReader();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    chunks.push(read.value);
    bytes += read.value.length;
    if (bytes > MOST_BYTES) break;
  }
  await reader?.cancel();
  return Buffer.concat(chunks).toString('utf8', 0, MOST_BYTES);
}

const WORDS: Readonly<Record<string, HealthRow['status']>> = {
  ok: 'ok',
  healthy: 'ok',
  up: 'ok',
  pass: 'ok',
  degraded: 'degraded',
  warn: 'degraded',
};

/** The word of `{"status": …}`, as services write it; null where the answer is nothing of the kind. */
function statusIn(body: string): HealthRow['status'] | null {
  try {
    const said = (JSON.parse(body) as { status?: unknown } | null)?.status;
    return typeof said === 'string' ? (WORDS[said.toLowerCase()] ?? 'failing') : null;
  } catch {
    return null;
  }
}
