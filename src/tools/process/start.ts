import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import type { Change } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import { defineAction } from '../../core/tool.ts';
import { checkArguments } from '../command/arguments.ts';
import { checkNamed, namedFiles } from '../command/named-files.ts';
import { changedFiles } from '../command/direct.ts';
import { commitChanges, recoverChanges, undoChanges } from '../file/change-set.ts';
import {
  commitPlan,
  plannedSnapshot,
  plannedStage,
  recoverPlanned,
  undoPlanned,
  verifyPlanned,
} from '../plan/planned.ts';
import {
  type Kept,
  changedSince,
  foldersOf,
  keptSchema,
  lookAt,
  makeFolders,
  withoutOthers,
} from './writes.ts';

const NOTE =
  'What it does cannot be shown before it runs, nor what it serves or sends be called back. It ends with stop_process or with this server; then what it changed in the folders that it writes to can be undone.';

const noteOn = (folders: readonly string[]): string =>
  `It writes to ${folders.length === 0 ? 'no folder' : folders.join(', ')}. ${NOTE}`;

const processStage = z.object({
  kind: z.literal('process'),
  name: z.string(),
  command: z.string(),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  network: z.boolean(),
  writes: z.array(z.string()),
  closed: z.array(z.string()),
  kept: keptSchema,
  /** Digests of the files in the roots that the line names. */
  named: z.record(z.string(), z.string()),
});
type ProcessStage = z.infer<typeof processStage>;

const startedSnapshot = z.object({ kind: z.literal('started'), action: z.string(), kept: keptSchema });

const startedOutput = z.object({
  id: z.string().describe('For process_output and stop_process'),
  name: z.string(),
  writes: z.array(z.string()),
  guarantee: z.string().describe('What protects the machine while it runs'),
});

export const startProcess = defineAction({
  name: 'start_process',
  title: 'Start a process',
  description:
    'Start a shell line that goes on after the call: a dev server, a watcher. It runs in the sandbox of run_command but sees the roots as they stand, read-only except the folders it asks for in writes. It ends with stop_process or this server.',
  toolset: 'process',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.object({
    command: z.string().min(1).max(100_000),
    name: z.string().min(1).max(60).optional().describe('To tell it apart; the command unless given'),
    cwd: z.string().optional(),
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()).optional(),
    network: z
      .boolean()
      .optional()
      .describe('Asked about unless rules allow it; without it nobody reaches its ports either'),
    writes: z
      .array(z.string())
      .max(20)
      .optional()
      .describe('Folders in the roots, made where missing; protected paths in them stay read-only'),
  }),
  output: startedOutput,
  stageSchema: z.discriminatedUnion('kind', [processStage, plannedStage, changedFiles]),
  snapshotSchema: z.discriminatedUnion('kind', [startedSnapshot, plannedSnapshot, changedFiles]),

  async assess({ command, cwd = '.', env = {}, network = false, writes = [] }, ctx) {
    checkArguments([command, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]);
    if ((await ctx.sandbox.probe()).rung === 'snapshot')
      throw new HomeostatError('no_sandbox', 'this machine has no sandbox to run it in');
    const folder = await ctx.files.resolve(cwd, true);
    const there = await ctx.files.state(folder);
    if (there === null) throw new HomeostatError('not_found', `cwd: ${folder}: no such folder`);
    if (there.type !== 'directory')
      throw new HomeostatError('wrong_type', `cwd: ${folder} is a ${there.type}`);
    const folders = await foldersOf(writes, ctx);
    return {
      summary: `start ${command}${folders.length === 0 ? '' : `, writing to ${folders.join(', ')}`}`,
      level: 'LOW',
      reversibility: 'compensable',
      touches: folders.map((path) => ({ path, change: 'modify' as const })),
      commands: [{ line: command, cwd: folder, env }],
      resources: folders.map((path) => `tree:${path}`),
      circumstances: network ? ['with_network'] : [],
    };
  },

  async stage(
    { command, name = command.slice(0, 60), cwd = '.', env = {}, network = false, writes = [] },
    ctx,
  ) {
    const folders = await foldersOf(writes, ctx);
    const folder = await ctx.files.resolve(cwd, true);
    const { kept, closed, complete, shared } = await lookAt(folders, ctx);
    return {
      stage: {
        kind: 'process' as const,
        name,
        command,
        cwd: folder,
        env,
        network,
        writes: folders,
        closed,
        kept,
        named: await namedFiles(command, folder, async (path) =>
          ctx.workspace.roots.some((root) => isInside(path, root))
            ? ((await ctx.files.state(path)) ?? undefined)
            : undefined,
        ),
      },
      effects: { known: false, note: noteOn(folders), changes: [], diff: '' },
      circumstances: [...(complete ? [] : ['not_all_preserved']), ...(shared ? ['other_names'] : [])],
      reversibility: 'compensable',
    };
  },

  async recheck(stage, ctx) {
    if (stage.kind === 'planned') return ctx.transactions.check(stage.plan);
    return stage.kind === 'changes' ? ctx.files.check(stage) : checkNamed(stage.named, ctx);
  },

  async commit(stage, ctx) {
    if (stage.kind === 'planned') return commitPlan<z.infer<typeof startedOutput>>(stage.plan, null, ctx);
    if (stage.kind === 'changes') return { ...(await commitChanges(stage, ctx)), output: null };
    return start(stage, ctx);
  },

  verify: async (_, snapshot, ctx) =>
    snapshot?.kind === 'planned' ? verifyPlanned(snapshot, ctx) : { ok: true },

  async undo(snapshot, ctx) {
    if (snapshot.kind === 'planned') return undoPlanned(snapshot, ctx);
    const unseen = snapshot.kind === 'started';
    if (unseen && ctx.processes.find(snapshot.action).running)
      throw new HomeostatError('resource_busy', `process ${snapshot.action} still runs`, {
        next: 'End it with stop_process, then undo.',
      });
    // Its server was killed, so that nobody looked when it ended.
    const set = unseen ? { changes: await ownChanges(snapshot.kept, snapshot.action, ctx) } : snapshot;
    const staged = await undoChanges(set, ctx);
    return {
      ...staged,
      stage: { kind: 'changes' as const, ...staged.stage },
      circumstances: [...staged.circumstances, ...(unseen ? ['outcome_unknown'] : [])],
    };
  },

  async recover(snapshot, ctx) {
    if (snapshot.kind === 'planned') return recoverPlanned(snapshot, ctx);
    if (snapshot.kind === 'changes') return recoverChanges(snapshot, ctx);
    await ctx.processes.stop(ctx.actionId);
    const changes = await changedSince(snapshot.kept, ctx);
    const ours = new Set(snapshot.kept.made.map(({ path }) => path));
    const only = changes.every(({ path }) => ours.has(path));
    if (only) return recoverChanges({ changes }, ctx);
    await ctx.preserve({ kind: 'changes', changes });
    return { outcome: 'unknown', message: `it was ended; since it began, ${changes.length} paths changed` };
  },
});

const ownChanges = async (kept: Kept, id: string, ctx: ActionContext): Promise<Change[]> =>
  withoutOthers(await changedSince(kept, ctx), ctx.processes.changedByOthers(id));

async function start(stage: ProcessStage, ctx: ActionContext) {
  const { name, command, cwd, env, network, writes } = stage;
  // Somebody may have laid a link in the way since the folders were looked at; from here on they are held.
  if ((await foldersOf(writes, ctx)).join('\0') !== writes.join('\0'))
    throw new HomeostatError('world_changed', `writes: ${writes.join(', ')}: not the folders that they were`);
  // Time has passed since the stage, and an undo is to bring back what stood there when it began.
  const { kept, closed } = ctx.resumed ? await lookAt(writes, ctx) : stage;
  const started = (now: Kept) => ({ kind: 'started' as const, action: ctx.actionId, kept: now });
  if (writes.length > 0) await ctx.preserve(started(kept));
  const before = await makeFolders(kept, writes, ctx);
  if (writes.length > 0) await ctx.preserve(started(before));
  const { limitsBy } = await ctx.processes.start({
    name,
    line: command,
    cwd,
    env,
    network,
    writes,
    closed,
    async settled() {
      const changes = await ownChanges(before, ctx.actionId, ctx);
      await ctx.files.objects.sync();
      const protectedPaths = changes.map(({ path }) => path).filter((path) => ctx.isNotable(path));
      return { snapshot: { kind: 'changes', changes }, protectedPaths };
    },
  });
  const net = network ? 'with the network' : 'without network';
  const guarantee = `Sandbox (${net}, limits by ${limitsBy}): of the roots it may change ${writes.length === 0 ? 'nothing' : 'only what it asked for, outside any stage'}.`;
  return {
    output: { id: ctx.actionId, name, writes: [...writes], guarantee },
    snapshot: writes.length > 0 ? started(before) : null,
    effects: null,
  };
}
