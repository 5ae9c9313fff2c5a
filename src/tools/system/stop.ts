import * as z from 'zod';
import { defineAction } from '../../core/tool.ts';

const nothing = z.object({});

export const emergencyStop = defineAction({
  name: 'emergency_stop',
  title: 'Emergency stop',
  description: 'End every running action and refuse new ones until a person releases the stop.',
  toolset: 'core',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  urgent: true,
  input: nothing,
  output: z.object({ stopped: z.boolean() }),
  stageSchema: nothing,
  snapshotSchema: nothing,

  assess: async () => ({
    summary: 'pull the emergency stop',
    level: 'SAFE',
    reversibility: 'compensable',
    touches: [],
    commands: [],
    resources: [],
    circumstances: [],
  }),
  stage: async () => ({
    stage: {},
    effects: { known: true, note: 'Only a person can release it: homeostat release.', changes: [], diff: '' },
    circumstances: [],
    reversibility: 'compensable',
  }),
  recheck: async () => undefined,
  async commit(_, ctx) {
    ctx.pullStop(ctx.reason || `pulled by ${ctx.principal.client}`);
    const effects = {
      known: true,
      note: 'Every action is refused until a person releases it.',
      changes: [],
      diff: '',
    };
    return { output: { stopped: true }, snapshot: null, effects };
  },
  verify: async () => ({ ok: true }),
  // Only a person releases it, so there is nothing that undo could stage.
  undo: async () => ({
    stage: {},
    effects: { known: true, note: 'Only a person can release it.', changes: [], diff: '' },
    circumstances: [],
    reversibility: 'irreversible',
  }),
  recover: async () => ({ outcome: 'unknown', message: 'the stop may or may not be pulled; see get_status' }),
});
