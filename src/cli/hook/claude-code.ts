import type { HookAnswer, HookChange, HookRequest } from '../../core/hook.ts';
import { shellLine } from '../quote.ts';
import type { HookCall, Said, Vendor } from './call.ts';
import {
  type Fields,
  fieldsOf,
  folderOf,
  parseInput,
  sizes,
  textIfAny,
  textOf,
  unknownEvent,
} from './fields.ts';

type Told = Pick<HookRequest, 'lines' | 'touches' | 'unclear'>;

const line = (text: string): Told => ({ lines: [text], touches: [], unclear: null });
const touch = (path: string, change: HookChange): Told => ({
  lines: [],
  touches: [{ path, change }],
  unclear: null,
});

/**
 * The tools that act by themselves, as the hooks reference of Claude Code names them
 * (https://code.claude.com/docs/en/hooks, “PreToolUse”).
 */
const TOOLS: Readonly<Record<string, (input: Fields) => Told>> = {
  Bash: (input) => line(textOf(input, 'command')),
  Monitor: (input) => line(textOf(input, 'command')),
  PowerShell: (input) => line(shellLine(['pwsh', '-Command', textOf(input, 'command')])),
  Write: (input) => touch(textOf(input, 'file_path'), 'write'),
  Edit: (input) => touch(textOf(input, 'file_path'), 'edit'),
  MultiEdit: (input) => touch(textOf(input, 'file_path'), 'edit'),
  NotebookEdit: (input) => touch(textOf(input, 'notebook_path', 'file_path'), 'edit'),
  Read: (input) => touch(textOf(input, 'file_path'), 'read'),
  Grep(input) {
    const path = textIfAny(input, 'path') ?? '.';
    const glob = textIfAny(input, 'glob');
    return {
      lines: [],
      touches: [path, ...(glob === undefined ? [] : [`${path}/${glob}`])].map((p) => ({
        path: p,
        change: 'read',
      })),
      unclear: null,
    };
  },
};

/** The tools that the hook is asked about, for the client's settings. */
export const CLAUDE_TOOLS = Object.keys(TOOLS);

/** Modes in which a question reaches a person; in the others the client answers it by itself or not at all. */
const ASKS = new Set(['default', 'acceptEdits', 'plan']);

const EVENT = 'PreToolUse';

const decision = (permissionDecision: 'ask' | 'deny', reason: string): Said => ({
  stdout: `${JSON.stringify({
    hookSpecificOutput: { hookEventName: EVENT, permissionDecision, permissionDecisionReason: reason },
  })}\n`,
  stderr: '',
  code: 0,
});

export const claudeCode: Vendor = {
  request({ input, args, cwd: here, env }: HookCall): HookRequest {
    const fields = parseInput(input);
    const event = textOf(fields, 'hook_event_name');
    if (event !== EVENT) throw unknownEvent(event);
    const tool = textOf(fields, 'tool_name');
    const given = fieldsOf(fields, 'tool_input');
    const told = Object.hasOwn(TOOLS, tool) ? TOOLS[tool]?.(given) : undefined;
    const cwd = folderOf(textIfAny(fields, 'cwd'), here);
    return {
      client: 'claude-code',
      tool,
      cwd,
      project: folderOf(env['CLAUDE_PROJECT_DIR'], cwd),
      ...(told ?? { lines: [], touches: [], unclear: `homeostat does not know what ${tool} does.` }),
      parameters: {
        ...Object.fromEntries((told?.lines ?? []).map((text) => ['command', text])),
        ...Object.fromEntries((told?.touches ?? []).map(({ path, change }) => [change, path])),
        ...sizes(given, ['content', 'old_string', 'new_string', 'new_source']),
        cwd,
      },
      canAsk: ASKS.has(textIfAny(fields, 'permission_mode') ?? 'default') && !args.includes('--no-ask'),
    };
  },

  // Nothing said leaves the client's own permissions in force; an “allow” would skip them.
  say: (_, { verdict, reason }: HookAnswer) =>
    verdict === 'allow' ? { stdout: '', stderr: '', code: 0 } : decision(verdict, reason),

  refuse: (reason) => ({ ...decision('deny', reason), stderr: `${reason}\n`, code: 2 }),
};
