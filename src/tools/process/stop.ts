import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';

const NOTE = 'It is ended; what it does on its way out cannot be shown. Start it again to make up for it.';

export const stopProcess = defineAction({
  name: 'stop_process',
  title: 'Stop a process',
  description:
    'End a process of start_process, first asking it to. What it changed in the roots stays; undo its start to put that back. Another agent’s process is asked about.',
  toolset: 'process',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({ id: z.string() }),
  output: z.object({ id: z.string(), exit_code: z.number().int().nullable() }),
  stageSchema: z.object({ id: z.string() }),
  snapshotSchema: z.object({}),

  async assess({ id }, ctx) {
    const { name, own } = ctx.processes.find(id);
    return {
      summary: `stop process ${id}: ${name}`,
      level: 'LOW',
      reversibility: 'compensable',
      touches: [],
      commands: [],
      resources: [`process:${id}`],
      circumstances: own ? [] : ['not_own_process'],
    };
  },
  stage: async ({ id }) => ({
    stage: { id },
    effects: { known: false, note: NOTE, changes: [], diff: '' },
    circumstances: [],
    reversibility: 'compensable',
  }),
  recheck: async () => undefined,
  async commit({ id }, ctx) {
    await ctx.processes.stop(id);
    return { output: { id, exit_code: ctx.processes.find(id).exit_code }, snapshot: null, effects: null };
  },
  async verify(output, _, ctx) {
    const running = output !== null && ctx.processes.find(output.id).running;
    if (!running) return { ok: true };
    return { ok: false, error: new HomeostatError('verification_failed', 'the process still runs') };
  },
  async undo() {
    throw new HomeostatError('nothing_to_undo', 'start it again with start_process');
  },
  recover: async () => ({ outcome: 'unknown', message: 'it may or may not have ended; see process_output' }),
});
