// The round trip of `get_status` over stdio, against a bare SDK server with one trivial tool.
import { BARE, OURS, interleaved, place, printIfMain, start } from './harness.mjs';

const WARM_UP = 300;
const ROUNDS = 2000;

export async function roundTrip() {
  const where = place();
  const [ours, bare] = [start(OURS, where), start(BARE, where)];
  try {
    for (const server of [ours, bare]) await server.initialize();
    const measure = async (/** @type {number} */ rounds) =>
      interleaved(
        rounds,
        async () => ours.call('get_status'),
        async () => bare.call('get_status'),
      );
    await measure(WARM_UP);
    const found = await measure(ROUNDS);
    return [{ name: 'round trip of get_status', against: 'bare SDK server', ...found, target: { times: 3 } }];
  } finally {
    for (const server of [ours, bare]) await server.close();
    where.remove();
  }
}

await printIfMain(import.meta.url, roundTrip);
