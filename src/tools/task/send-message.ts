import * as z from 'zod';
import { messageDraftSchema } from '../../core/tasks.ts';
import { defineQuery } from '../../core/tool.ts';

export const sendMessage = defineQuery({
  name: 'send_message',
  title: 'Send a message',
  description:
    'Write to another agent of your goal. It reads it as data between two steps; it widens nothing.',
  toolset: 'agents',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: messageDraftSchema,
  output: z.object({ message_id: z.number().int() }),
  run: async (draft, ctx) => ({ message_id: ctx.coordination.send(draft).id }),
});
