import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Card, type Prompts, cardSchema } from '../core/card.ts';
import { HomeostatError } from '../core/errors.ts';
import { parseYaml } from './yaml-file.ts';

/** Reads every prompt card of a folder: Markdown with YAML front matter. */
export function loadCards(folder: string): Map<string, Card> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const cards = files.map((name) => parseCard(readFileSync(join(folder, name), 'utf8'), join(folder, name)));
  return new Map(cards.map((card) => [card.name, card]));
}

/** Reads the texts of `prompts/`; `{{name}}` stands for a value. */
export function loadPrompts(folder: string): Prompts {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  const template = text('card.md');
  return {
    instructions: text('instructions.md'),
    card(card, goal) {
      const values: Record<string, string> = { prompt: card.prompt, tools: card.tools.join(', '), goal };
      return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
    },
  };
}

export function parseCard(source: string, file: string): Card {
  const [, front, prompt] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source) ?? [];
  if (front === undefined || prompt === undefined) {
    throw new HomeostatError('registry_invalid', `${file}: it does not begin with front matter between --- lines`);
  }
  return { ...parseYaml(front, file, cardSchema, 'registry_invalid'), prompt: prompt.trim() };
}
