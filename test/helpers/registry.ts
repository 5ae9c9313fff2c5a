import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A registry of images on this machine, while a test runs; answers its address, which engines take without TLS. */
export async function startRegistry(): Promise<string> {
  const base = mkdtempSync(join(tmpdir(), 'homeostat-registry-'));
  const port = await freePort();
  const config = join(base, 'config.yml');
  const storage = `storage:\n  filesystem: {rootdirectory: ${join(base, 'data')}}\n`;
  writeFileSync(config, `version: 0.1\n${storage}http: {addr: '127.0.0.1:${port}'}\n`);
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  let failed: Error | null = null;
  child.once('error', (error) => (failed = error));
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(base, { recursive: true, force: true });
  });
  for (;;) {
    if (failed !== null) throw failed;
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => null);
    if (answer?.ok === true) return `127.0.0.1:${port}`;
    await sleep(50);
  }
}
