import { expect } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import type { OutputPage, ProcessInfo } from '../../src/core/processes.ts';
import type { TestApp } from './app.ts';
import { eventually } from './processes.ts';

/** A configuration that offers the tools for what goes on. */
export const TOOLSETS = 'toolsets: [core, process]\n';
export const FREE_PROCESSES = `autonomy: full\n${TOOLSETS}`;

/** What `process_output` answers. */
export interface Said {
  processes: ProcessInfo[];
  stdout: OutputPage | null;
  stderr: OutputPage | null;
}

export const said = async (t: TestApp, input: object): Promise<Said> => {
  const report = await t.ask('process_output', input);
  expect(report.error).toBeNull();
  return report.result as Said;
};
export const outputOf = async (t: TestApp, id: string): Promise<string> =>
  (await said(t, { id })).stdout?.text ?? '';
export const stateOf = async (t: TestApp, id: string): Promise<ProcessInfo | undefined> =>
  (await said(t, { id })).processes[0];
export const ended = async (t: TestApp, id: string): Promise<ProcessInfo> => {
  await eventually(async () => (await stateOf(t, id))?.running === false, `the end of ${id}`);
  return (await stateOf(t, id)) as ProcessInfo;
};
/** Starts it, with a person's leave where it takes one. */
export const start = async (t: TestApp, command: string, more: object = {}): Promise<string> => {
  const first = await t.act('start_process', { command, ...more });
  const id = first.action_id ?? '';
  if (first.outcome === 'held') await t.approve(id);
  const { result } = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 20 });
  const { report } = result as { report: ActionReport };
  expect(report).toMatchObject({ outcome: 'succeeded', error: null, result: { id } });
  return id;
};
