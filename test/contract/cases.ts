import { chmodSync, chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import type { Principal } from '../../src/core/principal.ts';
import { TOOLS } from '../../src/tools/index.ts';
import type { TestApp } from '../helpers/app.ts';
import { schemaErrors } from '../helpers/schemas.ts';

export type Input = Record<string, unknown>;

export interface ActionCase {
  readonly tool: string;
  readonly what: string;
  /** A valid input that changes something in a furnished root. */
  input(t: TestApp): Promise<Input>;
  /** What undoing it says; null where it restores. */
  readonly undo: string | null;
  /**
   * An input that a person is asked about under `ASKING`, and what becomes of it; null where nobody ever asks, or no
   * file is shown.
   */
  readonly asked: {
    input(t: TestApp): Promise<Input>;
    /** The file that somebody else changes meanwhile. */
    readonly file: string;
    /** How the approved action ends after that change. */
    readonly stale: 'held' | 'succeeded' | 'failed';
  } | null;
}

/** Everything reversible is done without asking, so that the cases reach the world. */
export const FREE = 'autonomy: full\ntoolsets: [core, process, compose, metrics]\n';
/** A person is asked about whatever lies in `kept`. */
export const ASKING = 'protected:\n  paths: [kept]\ntoolsets: [core, process, compose, metrics]\n';

const OTHER: Partial<Principal> = { client: 'another' };

const COMPOSE = [
  '\uFEFF# A stack\r',
  'services:\r',
  '  web: # the page\r',
  '    image: "nginx:1.25"   # pinned\r',
  '    environment: {A: b}\r',
  '  db: {image: postgres}',
].join('\n');

/** A root with all that undo promises to restore: modes, owners, times, links, folders, bytes that are no text. */
export function furnish(root: string): void {
  const file = (name: string, content: string | Buffer, mode = 0o644): void => {
    const path = join(root, name);
    writeFileSync(path, content);
    if (process.getuid?.() === 0) chownSync(path, 1234, 4321);
    chmodSync(path, mode);
    utimesSync(path, 1_600_000_000.123456, 1_500_000_000.654321);
  };
  for (const folder of ['kept', 'dir/inner', 'dir/empty']) mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, 'dir/inner'), 0o2750);
  file('text.txt', 'one\ntwo\nthree\n', 0o640);
  file('noeol', 'no line break at the end', 0o400);
  file('bytes', Buffer.from([0, 255, 254, 10, 0]), 0o600);
  file('compose.yml', COMPOSE);
  // Somebody who appends to it goes on with its last comment.
  file('kept/compose.yml', 'services:\n  web:\n    image: nginx:1.25\n# the end, ');
  file('tool.sh', '#!/bin/sh\n', 0o4755);
  file('kept/a.txt', 'one\ntwo\nthree\n');
  file('dir/inner/deep.txt', 'deep\n');
  file('dir/木 "quoted" $name', '木\n');
  symlinkSync('text.txt', join(root, 'link'));
  symlinkSync('nowhere', join(root, 'dir/dangling'));
}

const EVERYTHING = [
  'printf changed > text.txt',
  'chmod 700 bytes',
  'rm -r dir',
  'mkdir -p made/deep',
  'printf x > made/deep/new',
  'ln -sfn bytes link',
  'rm noeol && mkdir noeol',
  'mv tool.sh moved.sh',
].join(' && ');

const fileCase = (tool: string, what: string, input: Input, asked: Input): ActionCase => ({
  tool,
  what,
  input: async () => input,
  undo: null,
  asked: { input: async () => asked, file: 'kept/a.txt', stale: 'held' },
});

const operations = [
  { op: 'set_image', service: 'web', image: 'nginx:1.26' },
  { op: 'set_env', service: 'web', name: 'ON', value: 'yes' },
  { op: 'add_service', service: 'cache', definition: { image: 'redis' } },
];

const edits = [
  { old_text: 'two', new_text: 'TWO $& 木' },
  { old_text: 'one\n', new_text: '' },
];

export const CASES: readonly ActionCase[] = [
  fileCase(
    'write_file',
    'creates a file with its folders',
    { path: 'new/folders/file.txt', content: 'new\n' },
    { path: 'kept/a.txt', content: 'other\nthree\nno end' },
  ),
  fileCase(
    'write_file',
    'replaces a file',
    { path: 'tool.sh', content: 'replaced' },
    { path: 'kept/a.txt', content: '' },
  ),
  fileCase(
    'write_file',
    'replaces what a link leads to',
    { path: 'link', content: 'through\n' },
    { path: 'kept/a.txt', content: '木\n' },
  ),
  fileCase('edit_file', 'edits', { path: 'text.txt', edits }, { path: 'kept/a.txt', edits }),
  {
    ...fileCase(
      'edit_compose',
      'edits services',
      { path: 'compose.yml', operations },
      { path: 'kept/compose.yml', operations },
    ),
    asked: {
      input: async () => ({ path: 'kept/compose.yml', operations }),
      file: 'kept/compose.yml',
      stale: 'held',
    },
  },
  fileCase('delete_file', 'deletes a file', { path: 'tool.sh' }, { path: 'kept/a.txt' }),
  fileCase('delete_file', 'deletes a link, not its target', { path: 'link' }, { path: 'kept/a.txt' }),
  {
    tool: 'run_command',
    what: 'changes everything that a root can hold',
    input: async () => ({ command: EVERYTHING }),
    undo: null,
    asked: {
      input: async () => ({ command: 'printf new > kept/a.txt' }),
      file: 'kept/a.txt',
      stale: 'held',
    },
  },
  {
    tool: 'commit_stage',
    what: 'commits what a failed command had staged',
    input: async (t) => ({ id: (await t.act('run_command', { command: `${EVERYTHING}; false` })).action_id }),
    undo: null,
    asked: {
      input: async (t) => ({
        id: (await t.act('run_command', { command: 'printf new > kept/a.txt; false' })).action_id,
      }),
      file: 'kept/a.txt',
      stale: 'failed',
    },
  },
  {
    tool: 'rollback',
    what: 'takes back a deletion',
    input: async (t) => ({ id: (await t.act('delete_file', { path: 'tool.sh' })).action_id }),
    undo: null,
    asked: {
      // Another agent's action is never taken back without a person.
      input: async (t) => ({
        id: (await t.act('edit_file', { path: 'text.txt', edits }, OTHER)).action_id,
      }),
      file: 'text.txt',
      stale: 'failed',
    },
  },
  {
    tool: 'start_process',
    what: 'starts what goes on',
    input: async () => ({ command: 'sleep 600', name: 'sleeper' }),
    undo: 'nothing_to_undo',
    asked: null,
  },
  {
    tool: 'stop_process',
    what: 'ends what goes on',
    input: async (t) => ({ id: (await t.act('start_process', { command: 'sleep 600' })).action_id }),
    undo: 'nothing_to_undo',
    asked: null,
  },
  {
    tool: 'emergency_stop',
    what: 'stops',
    input: async () => ({}),
    undo: 'nothing_to_undo',
    asked: null,
  },
];

/** Those that have an engine to do with have a contract of their own: test/docker. */
const OF_STACKS = new Set(['stack_drift', 'deploy_stack']);
/** Tasks and messages belong to a run: test/guards/tasks. */
const HERE = TOOLS.filter(
  ({ toolset, name }) => !toolset.startsWith('docker') && toolset !== 'agents' && !OF_STACKS.has(name),
);
export const ACTIONS = HERE.flatMap((tool) => (tool.kind === 'action' ? [tool] : []));
export const QUERIES = HERE.flatMap((tool) => (tool.kind === 'query' ? [tool] : []));

/** Acts, and holds the report to its published schema. */
export async function act(
  t: TestApp,
  tool: string,
  input: unknown,
  who?: Partial<Principal>,
): Promise<ActionReport> {
  const report = await t.act(tool, input as object, who);
  expect(schemaErrors(tool, report), `${tool} answers as published`).toEqual([]);
  return report;
}

/** Waits for the person's word on a held action and answers the action's own report. */
export async function wait(t: TestApp, id: string | null, seconds = 20): Promise<ActionReport> {
  const report = await t.ask('wait_for_approval', { action_id: id, wait_seconds: seconds });
  expect(schemaErrors('wait_for_approval', report)).toEqual([]);
  expect(report.error).toBeNull();
  return (report.result as { report: ActionReport }).report;
}

/** Each input that breaks a tool's schema in one way, with the name that the refusal must give. */
export function badInputs(tool: (typeof TOOLS)[number], valid: Input): { input: unknown; names: string }[] {
  const fields = Object.keys(tool.input.shape);
  const required = fields.filter((name) => !tool.input.shape[name]?.safeParse(undefined).success);
  const without = (name: string): Input =>
    Object.fromEntries(Object.entries(valid).filter(([key]) => key !== name));
  return [
    { input: { ...valid, no_such_field: 1 }, names: 'no_such_field' },
    ...fields.map((name) => ({ input: { ...valid, [name]: null }, names: name })),
    ...required.map((name) => ({ input: without(name), names: name })),
    { input: ['not', 'an', 'object'], names: 'input' },
  ];
}
