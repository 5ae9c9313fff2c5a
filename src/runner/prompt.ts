import type { Card } from '../core/card.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Prompts } from '../core/prompts.ts';
import { fenceRule } from './fence.ts';
import type { HandTool } from './hands.ts';
import type { Model, ModelTool, Turn } from './model.ts';

/** The runner's own: the rest of a result that was too long to be shown whole. */
export const READ_MORE: ModelTool = {
  name: 'read_more',
  description: 'Show more of a result that was too long.',
  input: {
    type: 'object',
    properties: { id: { type: 'string' }, start: { type: 'integer', minimum: 0 } },
    required: ['id', 'start'],
    additionalProperties: false,
  },
};

/** The card's tools as the model is told of them, the same for the whole run, so that what was read once stays read. */
export const toolsOf = (tools: readonly HandTool[]): readonly ModelTool[] => [
  ...tools.map(({ name, description, input }) => ({
    name,
    description,
    input: brief(input) as ModelTool['input'],
  })),
  READ_MORE,
];

/** A schema without its descriptions. */
function brief(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(brief);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      // A property may be called description: that one is a schema, not a text.
      .filter(([key, value]) => key !== 'description' || typeof value !== 'string')
      .map(([key, value]) => [key, brief(value)]),
  );
}

/** The two turns that a run begins with. */
export function firstTurns(
  card: Card,
  prompts: Prompts,
  goal: string,
  mark: string,
  dryRun: boolean,
): Turn[] {
  const rules = [
    fenceRule(mark),
    'Call one tool at a time. When nothing is left to be done, answer without a call: that ends the run.',
    ...(dryRun ? ['This is a dry run: actions only show what they would do.'] : []),
  ];
  return [
    { role: 'system', text: `${prompts.card(card, 'what the person writes')}\n\n${rules.join('\n')}` },
    { role: 'user', text: goal },
  ];
}

/** Refuses to begin where prompt and tools take more than half of the context, and says what to cut. */
export async function checkRoom(
  model: Model,
  turns: readonly Turn[],
  tools: readonly ModelTool[],
): Promise<void> {
  const prompt = await model.count(turns.map((turn) => turn.text).join('\n'));
  const told = await model.count(model.told(tools));
  if ((prompt + told) * 2 <= model.context) return;
  const sizes = await Promise.all(
    tools.map(async (tool) => ({ name: tool.name, tokens: await model.count(model.told([tool])) })),
  );
  const largest = sizes
    .toSorted((a, b) => b.tokens - a.tokens)
    .slice(0, 3)
    .map(({ name, tokens }) => `${name} (${tokens})`);
  const what = `prompt (${prompt} tokens) and tools (${told}) take more than half of the context of ${model.context}`;
  throw new HomeostatError('too_large', what, {
    next: `Give the model more context (--context), or shorten the card: its largest tools are ${largest.join(', ')}.`,
  });
}
