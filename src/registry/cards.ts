import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Card, cardSchema } from '../core/card.ts';
import { type ErrorCode, HomeostatError } from '../core/errors.ts';
import { withFrontMatter } from './front-matter.ts';

/** A card's file as it was found. */
export interface CardText {
  readonly file: string;
  readonly text: string;
}

export type Cards = ReadonlyMap<string, Card>;

/** Every card of a folder, in the order of their names; none where there is no such folder. */
export function readCardTexts(folder: string): CardText[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'));
  return names.toSorted().map((name) => {
    const file = join(folder, name);
    return { file, text: readFileSync(file, 'utf8') };
  });
}

/** Reads the cards that come with the product. `tools`: the names of all there are. */
export const loadCards = (folder: string, tools: ReadonlySet<string>): Cards =>
  byName(
    readCardTexts(folder).map((found) => parseCard(found, tools, false)),
    'registry_invalid',
  );

/** The same and a person's own, none of which may take the name of another. */
export const withOwnCards = (shipped: Cards, own: readonly CardText[], tools: ReadonlySet<string>): Cards =>
  own.length === 0
    ? shipped
    : byName([...shipped.values(), ...own.map((found) => parseCard(found, tools, true))], 'config_invalid');

function byName(cards: readonly Card[], code: ErrorCode): Cards {
  const found = new Map<string, Card>();
  for (const card of cards) {
    if (found.has(card.name)) throw new HomeostatError(code, `two cards are called ${card.name}`);
    found.set(card.name, card);
  }
  return found;
}

function parseCard({ file, text }: CardText, tools: ReadonlySet<string>, own: boolean): Card {
  const code = own ? 'config_invalid' : 'registry_invalid';
  const [front, prompt] = withFrontMatter(text, file, cardSchema, code);
  const unknown = front.tools.find((tool) => !tools.has(tool));
  if (unknown !== undefined)
    throw new HomeostatError(code, `${file}: tools: there is no tool called ${unknown}`);
  if (prompt === '') throw new HomeostatError(code, `${file}: it has no prompt`);
  return { ...front, prompt, own };
}
