import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestRunner, expect } from 'vitest';
import { SYSTEM_PATH } from '../../src/host/sandbox/starter.ts';
import { probe } from '../../src/host/sandbox/probe.ts';

/** Whether what this machine lacks is a failure: Linux in CI has it all. */
export const mustHave = process.env['CI'] === 'true' && process.platform === 'linux';

/** Ends the test that runs as skipped, with what would enable it; as failed where it must not be missing. */
export function lacking(what: string): void {
  if (mustHave) expect.fail(what);
  TestRunner.getCurrentTest()?.context.skip(what);
}

export const isRoot = process.getuid?.() === 0;

/** What is in the way of the sandbox on this machine, and what would enable it; null where nothing is. */
export const noSandbox: string | null = await (async () => {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-probe-'));
  try {
    const { rung, why } = await probe(folder, { PATH: SYSTEM_PATH });
    return rung === 'snapshot' ? `needs the sandbox: ${why}` : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

/** What runs in the sandbox, unless it is told not to. */
const BOXED = new Set(['run_command', 'start_process']);

/** To be asked before a tool is called: skips the test where it would run in a sandbox and there is none. */
export function needSandbox(tool: string, input: object, env: NodeJS.ProcessEnv): void {
  const called = tool === 'assess_action' && 'tool' in input ? String(input.tool) : tool;
  const isDirect = env['HOMEOSTAT_RUNG'] === 'snapshot' || ('sandbox' in input && input.sandbox === 'none');
  if (noSandbox !== null && BOXED.has(called) && !isDirect) lacking(noSandbox);
}

export function needRoot(): void {
  if (!isRoot) lacking('needs root: sudo env "PATH=$PATH" npm test');
}

export function needProgram(name: string): void {
  if (spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0) lacking(`needs ${name}`);
}
