import type { HookChange, HookRequest } from '../../core/hook.ts';
import type { HookCall, Vendor } from './call.ts';
import {
  type Fields,
  fieldsOf,
  folderOf,
  isFields,
  parseInput,
  sizes,
  textIfAny,
  textOf,
  unknownEvent,
} from './fields.ts';

type Told = Pick<HookRequest, 'tool' | 'lines' | 'touches' | 'unclear'>;

const PATHS = ['file_path', 'path', 'target_file', 'notebook_path', 'target_notebook', 'filePath'];

const touches = (tool: string, paths: readonly string[], change: HookChange): Told => ({
  tool,
  lines: [],
  touches: paths.map((path) => ({ path, change })),
  unclear: null,
});
const command = (tool: string, line: string): Told => ({ tool, lines: [line], touches: [], unclear: null });

/** What the tools of `preToolUse` do; reads and shell lines have events of their own, and come here only where they are asked for. */
const CHANGES: Readonly<Record<string, HookChange>> = {
  Write: 'write',
  StrReplace: 'edit',
  Edit: 'edit',
  MultiEdit: 'edit',
  EditNotebook: 'edit',
  Delete: 'delete',
  Read: 'read',
  ReadFile: 'read',
  Grep: 'read',
};

/** The tools that `preToolUse` is asked about, for the client's settings; the matcher is a regular expression. */
export const CURSOR_TOOLS = '^(Write|StrReplace|Edit|MultiEdit|EditNotebook|ApplyPatch|Delete)$';

/**
 * The events that act by themselves, as Cursor's hooks reference names them (https://cursor.com/docs/hooks,
 * “Hook events”).
 */
const EVENTS: Readonly<Record<string, (fields: Fields) => Told>> = {
  beforeShellExecution: (fields) => command('Shell', textOf(fields, 'command')),
  beforeReadFile: (fields) => touches('Read', readPaths(fields), 'read'),
  beforeTabFileRead: (fields) => touches('TabRead', readPaths(fields), 'read'),
  preToolUse(fields) {
    const tool = textOf(fields, 'tool_name');
    const input = fieldsOf(fields, 'tool_input');
    if (tool === 'Shell') return command(tool, textOf(input, 'command'));
    if (tool === 'ApplyPatch') return touches(tool, patchedPaths(input), 'edit');
    const change = Object.hasOwn(CHANGES, tool) ? CHANGES[tool] : undefined;
    if (change !== undefined) return touches(tool, [textOf(input, ...PATHS)], change);
    return { tool, lines: [], touches: [], unclear: `homeostat does not know what ${tool} does.` };
  },
};

/** The file itself and what is attached to the prompt with it. */
function readPaths(fields: Fields): string[] {
  const { attachments } = fields;
  const attached = Array.isArray(attachments) ? attachments.filter((a) => isFields(a)) : [];
  return [textOf(fields, ...PATHS), ...attached.flatMap((a) => textIfAny(a, ...PATHS) ?? [])];
}

/** The files that a patch names in its headers; one without any is not understood. */
function patchedPaths(input: Fields): string[] {
  const patch = textOf(input, 'patch', 'input', 'diff');
  const named = [...patch.matchAll(/^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$/gm)].map(
    ([, p]) => p ?? '',
  );
  return named.length > 0 ? named : [textOf(input, ...PATHS)];
}

/** Events whose form has a question, and whose reference does not say that it goes unasked. */
const ASKS = new Set(['beforeShellExecution']);

const said = (permission: string, reason: string, code: number): ReturnType<Vendor['refuse']> => ({
  stdout: `${JSON.stringify({ permission, ...(permission === 'allow' ? {} : { user_message: reason, agent_message: reason }) })}\n`,
  stderr: code === 0 ? '' : `${reason}\n`,
  code,
});

export const cursor: Vendor = {
  request({ input, args, cwd: here, env }: HookCall): HookRequest {
    const fields = parseInput(input);
    const event = textOf(fields, 'hook_event_name');
    const told = Object.hasOwn(EVENTS, event) ? EVENTS[event]?.(fields) : undefined;
    if (told === undefined) throw unknownEvent(event);
    const { workspace_roots: opened } = fields;
    const first: unknown = Array.isArray(opened) ? opened[0] : undefined;
    const project = folderOf(
      env['CURSOR_PROJECT_DIR'] ?? (typeof first === 'string' ? first : undefined),
      here,
    );
    const input_ = isFields(fields['tool_input']) ? fields['tool_input'] : {};
    const cwd = folderOf(textIfAny(input_, 'working_directory') ?? textIfAny(fields, 'cwd'), project);
    return {
      client: 'cursor',
      cwd,
      project,
      ...told,
      parameters: {
        event,
        ...Object.fromEntries(told.lines.map((line) => ['command', line])),
        ...Object.fromEntries(
          told.touches.map(({ path, change }, i) => [i === 0 ? change : `${change}_${i}`, path]),
        ),
        ...sizes(input_, ['contents', 'content', 'old_string', 'new_string', 'patch']),
        cwd,
      },
      canAsk: ASKS.has(event) && !args.includes('--no-ask'),
    };
  },

  say: (_, { verdict, reason }) => said(verdict, reason, 0),

  refuse: (reason) => said('deny', reason, 2),
};
