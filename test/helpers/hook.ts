import { join } from 'node:path';
import { execa } from 'execa';
import type { HookCall, Said } from '../../src/cli/hook/call.ts';
import { answerCall, openForHooks } from '../../src/cli/hook-answer.ts';
import { BIN } from './client.ts';
import { type Scratch, scratch } from './scratch.ts';

export interface Decision {
  /** What the client would make of it, by its published rules. */
  readonly verdict: 'no decision' | 'allow' | 'ask' | 'deny';
  readonly reason: string;
  readonly said: Said;
}

interface Output {
  readonly hookSpecificOutput?: { permissionDecision: Decision['verdict']; permissionDecisionReason: string };
  readonly permission?: Decision['verdict'];
  readonly user_message?: string;
}

/** Reads an answer as the clients' references say: 2 refuses, 0 with JSON decides, 0 without leaves it to the client. */
export function read(said: Said): Decision {
  const output = (said.stdout === '' ? {} : JSON.parse(said.stdout)) as Output;
  const own = output.hookSpecificOutput;
  const verdict = said.code === 2 ? 'deny' : (own?.permissionDecision ?? output.permission ?? 'no decision');
  return { verdict, reason: own?.permissionDecisionReason ?? output.user_message ?? said.stderr, said };
}

const callOf = (place: Scratch, client: string, input: unknown, args: readonly string[]): HookCall => ({
  client,
  args,
  cwd: place.root,
  env: { XDG_CONFIG_HOME: place.env['XDG_CONFIG_HOME'] ?? '' },
  input: typeof input === 'string' ? input : JSON.stringify(input),
});

export interface HookPlace extends Scratch {
  /** One call in this process. */
  ask(client: string, input: unknown, ...args: string[]): Decision;
  bash(command: string, more?: object): Decision;
  tool(tool_name: string, tool_input: object, more?: object): Decision;
  close(): void;
}

export const claudeInput = (
  place: Scratch,
  tool_name: string,
  tool_input: object,
  more: object = {},
): object => ({
  session_id: 's',
  transcript_path: join(place.base, 't.jsonl'),
  cwd: place.root,
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name,
  tool_input,
  ...more,
});

export async function hookPlace(config: string | null = 'roots: []\n'): Promise<HookPlace> {
  const place = scratch(config ?? undefined);
  const hooks = await openForHooks(place.env);
  const ask: HookPlace['ask'] = (client, input, ...args) =>
    read(answerCall(callOf(place, client, input, args), hooks));
  const tool: HookPlace['tool'] = (name, input, more) =>
    ask('claude-code', claudeInput(place, name, input, more));
  return {
    ...place,
    ask,
    tool,
    bash: (command, more) => tool('Bash', { command }, more),
    close: () => hooks.close(),
  };
}

/** The built hook as a process of its own, as a client starts it. */
export async function runHook(place: Scratch, input: unknown, ...args: string[]): Promise<Decision> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, 'hook', 'claude-code', ...args], {
    cwd: place.root,
    env: place.env,
    extendEnv: false,
    input: typeof input === 'string' ? input : JSON.stringify(input),
    reject: false,
  });
  return read({ code: exitCode ?? -1, stdout, stderr });
}
