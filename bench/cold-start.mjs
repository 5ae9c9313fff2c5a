// From the spawn to the answer to `initialize`, against a bare SDK server.
import { BARE, OURS, interleaved, place, printIfMain, start } from './harness.mjs';

const WARM_UP = 2;
const ROUNDS = 40;

export async function coldStart() {
  const where = place();
  /** @type {ReturnType<typeof start>[]} */ const open = [];
  const launch = (/** @type {string[]} */ args) => async () => {
    const server = start(args, where);
    open.push(server);
    await server.initialize();
  };
  const end = async () => {
    for (const server of open.splice(0)) await server.close();
  };
  try {
    await interleaved(WARM_UP, launch(OURS), launch(BARE), end);
    const found = await interleaved(ROUNDS, launch(OURS), launch(BARE), end);
    return [
      { name: 'cold start to initialize', against: 'bare SDK server', ...found, target: { times: 1.5 } },
    ];
  } finally {
    await end();
    where.remove();
  }
}

await printIfMain(import.meta.url, coldStart);
