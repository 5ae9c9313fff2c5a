import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { type TestApp, testApp } from './app.ts';
import { manifestOf } from './manifest.ts';

/** Everything reversible is done without asking. */
const FREE = 'autonomy: full\nlimits:\n  actions_per_minute: 100000\n';

/** The built-up root and its commands, of which each left something that can be undone. */
export interface Rack {
  readonly t: TestApp;
  manifest(): unknown;
  /** Runs a script as an agent's command; the id of the action, null where it changed nothing. */
  run(script: string): Promise<string | null>;
  undo(id: string): Promise<ActionReport>;
}

/** A product of its own on a root in which a script has been run directly. */
export async function rack(tree: string): Promise<Rack> {
  const t = await testApp({ config: FREE });
  execFileSync('bash', ['-c', `${tree}\ntrue`], { cwd: t.root, stdio: 'ignore' });
  return {
    t,
    manifest: () => manifestOf(t.root),
    async run(script) {
      const report = await throughPerson(await t.act('run_command', { command: `${script}\ntrue` }), t);
      expect(report).toMatchObject({ outcome: 'succeeded', error: null });
      return report.snapshot_id;
    },
    undo: async (id) => throughPerson(await t.act('rollback', { id }), t),
  };
}

/** What a rule holds (a set-id bit, say) a person lets through. */
export async function throughPerson(report: ActionReport, t: TestApp): Promise<ActionReport> {
  if (report.outcome !== 'held') return report;
  await t.approve(report.action_id ?? '');
  const answer = await t.ask('wait_for_approval', { action_id: report.action_id, wait_seconds: 20 });
  return (answer.result as { report: ActionReport }).report;
}

export const orders = <T>(of: readonly T[]): T[][] =>
  of.length === 0
    ? [[]]
    : of.flatMap((one) => orders(of.filter((other) => other !== one)).map((rest) => [one, ...rest]));

/** Actions that are undone and done again by their numbers; every set of them that stands must always look the same. */
export function standing(
  on: Rack,
  ids: readonly string[],
): { look(): void; turn(number: number): Promise<void> } {
  const looks = new Map<string, unknown>();
  /** By number, the newest action that did or undid it. */
  const newest = [...ids];
  const stands = ids.map(() => true);
  const look = (): void => {
    const now = on.manifest();
    const key = stands.join();
    if (!looks.has(key)) looks.set(key, now);
    expect(now, `standing: ${key}`).toEqual(looks.get(key));
  };
  return {
    look,
    async turn(number) {
      const report = await on.undo(newest[number] ?? '');
      expect(report).toMatchObject({ outcome: 'succeeded', error: null });
      newest[number] = report.action_id ?? '';
      stands[number] = stands[number] !== true;
      look();
    },
  };
}
