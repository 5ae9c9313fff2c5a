import { connect } from 'node:net';

const LONGEST_MS = 2000;

/** Whether something answers at an address of this machine: `http://…` with a status below 400, `tcp://HOST:PORT`. Null where it does, else why not. */
export async function answers(address: string): Promise<string | null> {
  const url = new URL(address);
  if (url.protocol !== 'tcp:') return answered(url);
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port) });
    const end = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(LONGEST_MS, () => end('no answer in time'));
    socket.once('connect', () => end(null));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

async function answered(url: URL): Promise<string | null> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(LONGEST_MS) });
    await answer.body?.cancel();
    return answer.status < 400 ? null : `status ${answer.status}`;
  } catch (error) {
    const { cause, message } = error as Error;
    return (cause as { code?: string } | undefined)?.code ?? message;
  }
}
