import * as z from 'zod';
import { containerAction } from './container-action.ts';
import { keptOf } from './container-change.ts';
import { nameOf } from './container.ts';

export const removeContainer = containerAction({
  name: 'remove_container',
  title: 'Remove a container',
  description: 'End and remove a container. Its volumes stay; undo makes it again as it was.',
  input: z.object({ container: z.string().min(1).describe('Name or id') }),
  level: 'HIGH',
  plan: async (_, found) => ({ name: nameOf(found), before: keptOf(found), after: null }),
});
