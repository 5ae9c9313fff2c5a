// A guarded command in a root of 2,000 files, with its first snapshot and its next, against `cp -a` of that root.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OURS, p50, place, printIfMain, start, timed } from './harness.mjs';

const ROUNDS = 7;
const FOLDERS = 40;
const FILES_IN_EACH = 50;
const FILE_BYTES = 4096;

// Not on the list of read-only lines, so that the root is scanned before it and after it.
const LINE = 'echo done';

export async function commandSnapshot() {
  /** @type {Record<'first' | 'next' | 'copy', number[]>} */
  const times = { first: [], next: [], copy: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const where = place();
    fill(where.root);
    const server = start(OURS, where);
    try {
      await server.initialize();
      await server.call('get_status');
      const copy = async () =>
        times.copy.push(
          await timed(async () => promisify(execFile)('cp', ['-a', where.root, `${where.root}-copy`])),
        );
      const run = async () => timed(async () => server.call('run_command', { command: LINE }));
      if (round % 2 === 0) await copy();
      times.first.push(await run());
      times.next.push(await run());
      if (round % 2 === 1) await copy();
    } finally {
      await server.close();
      where.remove();
    }
  }
  const against = { against: 'cp -a', reference: p50(times.copy), target: {} };
  return [
    { name: 'command, first snapshot', ours: p50(times.first), ...against },
    { name: 'command, next snapshot', ours: p50(times.next), ...against },
  ];
}

/**
 * Random content, so that no object stands for two files.
 * @param {string} root
 */
function fill(root) {
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, `folder-${folder}`);
    mkdirSync(path);
    for (let file = 0; file < FILES_IN_EACH; file++)
      writeFileSync(join(path, `file-${file}`), randomBytes(FILE_BYTES));
  }
}

await printIfMain(import.meta.url, commandSnapshot);
