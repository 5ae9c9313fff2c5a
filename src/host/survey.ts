import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { SandboxProbe } from '../core/sandbox.ts';

const exec = promisify(execFile);

/** Something that a guarantee rests on. */
export interface Requirement {
  readonly name: string;
  /** What was found; null where it is missing. */
  readonly found: string | null;
  /** What is lost without it, and how to get it. */
  readonly needs: string;
  /** False where its absence weakens a guarantee without making the product unusable. */
  readonly essential: boolean;
}

const firstLine = async (program: string, args: string[]): Promise<string | null> =>
  exec(program, args, { timeout: 5000 }).then(
    ({ stdout }) => stdout.split('\n')[0] ?? '',
    () => null,
  );

const orNull = (present: boolean, found: string): string | null => (present ? found : null);

/** What commands run in; see docs/design.md, "Commands as transactions". */
const GUARANTEES = {
  root_overlay: 'overlays, as root',
  user_overlay: 'overlays in a user namespace: renamed folders are copied, hard links split',
} as const;

/** Looks at this machine; nothing is changed. */
export async function surveyMachine(probe: () => Promise<SandboxProbe>): Promise<Requirement[]> {
  const row = (name: string, found: string | null, needs: string, essential = false): Requirement => ({
    name,
    found,
    needs,
    essential,
  });
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const box = await probe();
  return [
    row(
      'node',
      orNull(major > 20 || (major === 20 && minor >= 19), process.version),
      'Node 20.19 or newer.',
      true,
    ),
    row('bash', await firstLine('/bin/bash', ['--version']), 'run_command needs /bin/bash.', true),
    row(
      'sync',
      orNull(existsSync('/bin/sync') || existsSync('/usr/bin/sync'), 'sync'),
      'Snapshots are made durable with coreutils’ sync.',
      true,
    ),
    row(
      'descriptors',
      orNull(existsSync('/proc/self/fd'), '/proc/self/fd'),
      'Without /proc a folder swapped for a link in mid-write is not noticed.',
    ),
    row(
      'process marks',
      orNull(existsSync('/proc/self/environ'), '/proc/PID/environ'),
      'Without /proc a command that daemonizes is not found and ended.',
    ),
    row(
      'sandbox',
      box.rung === 'snapshot' ? null : GUARANTEES[box.rung],
      `Commands run directly, after a snapshot of the roots: ${box.why}`,
    ),
    row('git', await firstLine('git', ['--version']), 'Only needed for repositories.'),
  ];
}
