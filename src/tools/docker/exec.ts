import * as z from 'zod';
import { HomeostatError, asHomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import { checkArguments } from '../command/arguments.ts';
import { circumstancesOf, nameOf, powersOf, resourceOf } from './container.ts';
import { quoted } from './quoted.ts';

const NOTE =
  'What it does in the container cannot be shown before it runs, nor taken back: remove_container and recreate_container keep what a container has written, this does not.';

const stageSchema = z.object({
  id: z.string(),
  name: z.string(),
  argv: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  user: z.string().optional(),
  cwd: z.string().optional(),
  timeout_ms: z.number(),
});

export const execInContainer = defineAction({
  name: 'exec_in_container',
  title: 'Run a command in a container',
  description: 'Run a shell line with sh in a running container. What it changes there cannot be undone.',
  toolset: 'docker',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.object({
    container: z.string().min(1).describe('Name or id'),
    command: z.string().min(1).max(100_000),
    cwd: z.string().optional(),
    user: z.string().max(100).optional(),
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()).optional(),
    timeout_seconds: z.number().positive().optional(),
  }),
  output: z.object({
    exit_code: z.number().int().nullable(),
    timed_out: z.boolean(),
    stdout: z.string(),
    stderr: z.string(),
    omitted_bytes: z.number().int(),
  }),
  stageSchema,
  /** Kept for the record alone: whether it may have begun. */
  snapshotSchema: z.object({ begun: z.boolean() }),

  async assess({ container, command, env = {} }, ctx) {
    checkArguments([command, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]);
    const found = await ctx.engine.inspect(container);
    return {
      summary: `run in container ${nameOf(found)}: ${command}`,
      level: 'MEDIUM',
      reversibility: 'irreversible',
      touches: [],
      commands: [{ line: lineOf(nameOf(found), command, env), cwd: ctx.workspace.cwd, env: {} }],
      resources: [resourceOf(found)],
      circumstances: [...circumstancesOf(found, ctx.config), ...powersOf(found, ctx)],
    };
  },

  async stage({ container, command, env = {}, user, cwd, timeout_seconds }, ctx) {
    const found = await ctx.engine.inspect(container);
    const longest = ctx.config.limits.command_seconds;
    return {
      stage: {
        id: found.Id,
        name: nameOf(found),
        argv: ['/bin/sh', '-c', command],
        env,
        ...(user === undefined ? {} : { user }),
        ...(cwd === undefined ? {} : { cwd }),
        timeout_ms: Math.min(timeout_seconds ?? longest, longest) * 1000,
      },
      effects: { known: false, note: NOTE, changes: [], diff: '' },
      circumstances: [],
      reversibility: 'irreversible',
    };
  },

  async recheck({ id, name }, ctx) {
    const { State } = await ctx.engine.inspect(id);
    if (State.Status !== 'running') throw new HomeostatError('world_changed', `${name} is ${State.Status}`);
  },

  async commit({ id, argv, env, user, cwd, timeout_ms }, ctx) {
    const request = { argv, env, user, cwd, timeoutMs: timeout_ms, signal: ctx.signal };
    await ctx.preserve({ begun: true });
    const ran = await ctx.engine
      .exec(id, { ...request, outputBytes: ctx.config.limits.output_bytes })
      .catch(async (error: unknown) => {
        // Only an engine that does not answer leaves open whether it ran.
        if (asHomeostatError(error).code !== 'engine_unreachable') await ctx.preserve({ begun: false });
        throw error;
      });
    return {
      output: {
        exit_code: ran.exitCode,
        timed_out: ran.timedOut,
        stdout: ran.stdout,
        stderr: ran.stderr,
        omitted_bytes: ran.omittedBytes,
      },
      snapshot: null,
      effects: null,
    };
  },

  async verify(output) {
    if (output === null || output.exit_code === 0) return { ok: true };
    if (output.timed_out)
      return { ok: false, error: new HomeostatError('timed_out', 'the command ran longer than it may') };
    const how = output.exit_code === null ? 'was ended' : `ended with exit code ${output.exit_code}`;
    return { ok: false, error: new HomeostatError('command_failed', `the command ${how}`) };
  },
  async undo() {
    throw new HomeostatError('nothing_to_undo', 'nothing is kept of what a command changes in a container');
  },
  recover: async ({ begun }) =>
    begun
      ? { outcome: 'unknown', message: 'nobody knows how far the command in the container came' }
      : { outcome: 'rolled_back', message: 'the engine ran nothing' },
});

/** The line as it is assessed: a variable can decide what a command runs, so that it stands in it. */
function lineOf(container: string, command: string, env: Readonly<Record<string, string>>): string {
  const set = Object.entries(env).map(([name, value]) => quoted(`${name}=${value}`));
  const words = [...(set.length === 0 ? [] : ['env', ...set]), 'sh', '-c', quoted(command)];
  return `docker exec ${container} ${words.join(' ')}`;
}
