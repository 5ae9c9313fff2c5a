import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeSandbox, testBox } from '../../helpers/box.ts';

/** Eight a second come, and each goes after a quarter of one, until it is killed. */
const COMING_AND_GOING = `
  const { createServer } = require('node:net');
  let n = 0;
  setInterval(() => {
    const server = createServer().listen(process.argv[1] + '/s' + n++);
    setTimeout(() => server.close(), 250);
  }, 125);
  console.log('begun');
`;

describeSandbox('sockets that come and go', import.meta.filename, () => {
  test('keep no box from being built', async () => {
    const { base, run } = testBox();
    const folder = join(base, 'sockets');
    mkdirSync(folder);
    const child = spawn(process.execPath, ['-e', COMING_AND_GOING, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      for (let i = 0; i < 25; i++) {
        const { exitCode, stdout } = await run('echo built; cat made 2>/dev/null; echo x > made');
        expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'built\n' });
      }
    } finally {
      child.kill('SIGKILL');
    }
  });
});
