import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSPHRASE } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { scratch } from '../helpers/scratch.ts';

test('a passphrase that is typed at a terminal is not shown', async () => {
  const place = scratch();
  // `script` of util-linux gives the CLI a terminal of its own.
  const child = spawn('script', ['-qec', `'${process.execPath}' '${BIN}' init`, '/dev/null'], {
    cwd: place.root,
    env: place.env,
    stdio: 'pipe',
  });
  let shown = '';
  const questions = ['New passphrase: ', 'Once more: '];
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (questions[0] === undefined || !shown.includes(questions[0])) return;
    questions.shift();
    child.stdin.write(`${PASSPHRASE}\r`);
  });
  await once(child, 'exit');
  expect(questions).toEqual([]);
  expect(shown).not.toContain(PASSPHRASE);
  expect(existsSync(join(place.home, 'approver.json'))).toBe(true);
});
