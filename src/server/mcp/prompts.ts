import {
  GetPromptRequestSchema,
  type GetPromptResult,
  ListPromptsRequestSchema,
  type Prompt,
} from '@modelcontextprotocol/sdk/types.js';
import type { Card } from '../../core/card.ts';
import type { Playbook } from '../../core/prompts.ts';
import { type Line, toolsOf } from './line.ts';
import { invalid, refused } from './refused.ts';

/** Letters of one argument: a person's words, not a file. */
const MOST_LETTERS = 4000;

/** Cards and playbooks; fetching a card's prompt makes the connection work under it from then on. */
export function servePrompts(line: Line): void {
  const { server, face } = line;

  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: [
      ...cardsOf(line).map(cardPrompt),
      ...[...face.prompts.playbooks().values()].map(playbookPrompt),
    ],
  }));

  server.setRequestHandler(GetPromptRequestSchema, async ({ params }) => {
    const { name, arguments: given = {} } = params;
    const long = Object.entries(given).find(([, value]) => value.length > MOST_LETTERS);
    if (long !== undefined) throw invalid(`${name}: ${long[0]} is longer than ${MOST_LETTERS} letters`);
    const card = face.cards().get(name);
    if (card !== undefined) return cardMessages(card, given, line);
    const playbook = face.prompts.playbooks().get(name);
    if (playbook === undefined) throw invalid(`there is no prompt ${name}`);
    checkArguments(name, playbook.arguments, given);
    await refused(face.gateway.fetched({ kind: 'playbook', name }, await line.connection()));
    return messages(playbook.description, face.prompts.playbook(playbook, given));
  });
}

const GOAL = { name: 'goal', description: 'What is to be achieved', required: true };

const cardPrompt = ({ name, title, description }: Card): Prompt => ({
  name,
  title,
  description,
  arguments: [GOAL],
});

const playbookPrompt = ({ name, title, description, arguments: named }: Playbook): Prompt => ({
  name,
  title,
  description,
  arguments: named.map(({ name: argument, description: what, required }) => ({
    name: argument,
    description: what,
    required,
  })),
});

/** Those that the connection can have. */
export function cardsOf({ face, card }: Line): Card[] {
  const fixed = card();
  return [...face.cards().values()].filter(({ name }) => fixed === null || name === fixed);
}

async function cardMessages(card: Card, given: Record<string, string>, line: Line): Promise<GetPromptResult> {
  checkArguments(card.name, [GOAL], given);
  const { face, server } = line;
  const before = line.card();
  const connection = await line.connection();
  // Under the card from here on, so that nothing slips through between its record and the answer.
  if (line.card() === null) line.take(card.name);
  try {
    const { principal } = connection;
    const now = line.card() === card.name ? before : line.card();
    await refused(
      face.gateway.fetched(
        { kind: 'card', name: card.name },
        { ...connection, principal: { ...principal, card: now } },
      ),
    );
  } catch (error) {
    if (before === null && line.card() === card.name) line.take(null);
    throw error;
  }
  if (before === null) {
    await server.sendToolListChanged();
    await server.sendPromptListChanged();
    await server.sendResourceListChanged();
  }
  const offered = new Set(toolsOf(line).map(({ name }) => name));
  const tools = card.tools.filter((tool) => offered.has(tool));
  return messages(card.description, face.prompts.card({ ...card, tools }, given['goal'] ?? ''));
}

function checkArguments(
  prompt: string,
  named: readonly { readonly name: string; readonly required: boolean }[],
  given: Readonly<Record<string, string>>,
): void {
  const missing = named.find(({ name, required }) => required && !given[name]);
  if (missing !== undefined) throw invalid(`${prompt} needs the argument ${missing.name}`);
  const stray = Object.keys(given).find((key) => !named.some(({ name }) => name === key));
  if (stray !== undefined) throw invalid(`${prompt} has no argument ${stray}`);
}

const messages = (description: string, text: string): GetPromptResult => ({
  description,
  messages: [{ role: 'user', content: { type: 'text', text } }],
});
