import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Interface, createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Setup } from '../canaries.ts';

export interface Change {
  readonly path: string;
  readonly change: 'deleted' | 'overwritten' | 'appended' | 'created' | 'mode';
  /** The old content stands nowhere any more. */
  readonly lost: boolean;
}

/** What a line really did. */
export interface Deed {
  readonly code: number | null;
  /** It was killed for taking too long. */
  readonly late: boolean;
  readonly said: string;
  readonly changes: readonly Change[];
  /** The marker programs that were executed. */
  readonly ran: readonly string[];
}

export interface Standing {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly target?: string;
  readonly text?: string;
}

export interface Sandbox {
  readonly programs: ReadonlySet<string>;
  readonly tree: readonly Standing[];
  run(line: string): Promise<Deed>;
  /** Ends the sandbox; throws if anything in it got at the canary on the host. */
  close(): Promise<void>;
}

const UNSHARE = ['--user', '--map-root-user', '--mount', '--pid', '--net', '--ipc', '--uts', '--fork'];

/** Why no sandbox can be had here; null where one can. */
export function missing(): string | null {
  const { status, stderr, error } = spawnSync('unshare', [...UNSHARE, '--mount-proc', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}

type Driver = ChildProcessByStdio<Writable, Readable, Readable>;

async function ask<T>(driver: Driver, lines: AsyncIterator<string>, message: unknown): Promise<T> {
  driver.stdin.write(`${JSON.stringify(message)}\n`);
  const { value, done } = await lines.next();
  const answer: unknown = done === true ? { error: 'the driver ended' } : JSON.parse(value);
  if (typeof answer === 'object' && answer !== null && 'error' in answer)
    throw new Error(String(answer.error));
  return answer as T;
}

function start(): { driver: Driver; reader: Interface; finish: () => void } {
  const base = mkdtempSync(join(tmpdir(), 'homeostat-sandbox-'));
  const canary = mkdtempSync(join(tmpdir(), 'homeostat-canary-'));
  const file = join(canary, 'untouched');
  writeFileSync(file, canary);
  const enter = join(import.meta.dirname, 'enter.sh');
  const args = [...UNSHARE, '--kill-child', 'sh', enter, base, process.execPath, import.meta.dirname, file];
  const env = { PATH: process.env['PATH'] };
  const driver = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  const finish = (): void => {
    const intact = readFileSync(file, 'utf8') === canary;
    rmdirSync(base);
    if (!intact) throw new Error(`a line reached ${file} on the host`);
    rmSync(canary, { recursive: true });
  };
  return { driver, reader: createInterface({ input: driver.stdout }), finish };
}

/** A place of its own for dangerous lines, checked to be confined before anything runs in it. */
export async function openSandbox(setup: Setup): Promise<Sandbox> {
  const { driver, reader, finish } = start();
  let said = '';
  driver.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((done) => driver.on('close', () => done()));
  const close = async (): Promise<void> => {
    driver.stdin.end();
    await ended;
    finish();
  };
  const lines = reader[Symbol.asyncIterator]();
  const has = await ask<{ programs: string[]; tree: Standing[] }>(driver, lines, { setup }).catch(
    async (error: unknown) => {
      await close();
      throw new Error(`${String(error)} ${said}`);
    },
  );
  return {
    programs: new Set(has.programs),
    tree: has.tree,
    run: (line) => ask<Deed>(driver, lines, { line }),
    close,
  };
}
