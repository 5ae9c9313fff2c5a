import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Playbook, type Prompts, playbookSchema } from '../core/prompts.ts';
import { withFrontMatter } from './front-matter.ts';

/** Reads the texts of `prompts/`; `{{name}}` stands for a value, in which nothing stands for anything. */
export function loadPrompts(folder: string, docs: string): Prompts {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  let playbooks: ReadonlyMap<string, Playbook> | null = null;
  return {
    instructions: text('instructions.md'),
    card(card, goal) {
      const { prompt, tools } = card;
      // What all cards say alike stands in one place.
      return filled(text('card.md'), { prompt, tools: tools.join(', '), goal, answers: text('answers.md') });
    },
    pages: () => pagesIn(docs),
    // By the list alone: a name is never made a path.
    page: (name) => (pagesIn(docs).includes(name) ? readFileSync(join(docs, `${name}.md`), 'utf8') : null),
    playbooks: () => (playbooks ??= loadPlaybooks(join(folder, 'playbooks'))),
    playbook({ text: template, arguments: named }, given) {
      const none = Object.fromEntries(named.map(({ name }) => [name, '(not given)']));
      return filled(template, { ...none, ...given });
    },
  };
}

const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );

const pagesIn = (docs: string): string[] =>
  readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -3))
    .toSorted();

function loadPlaybooks(folder: string): ReadonlyMap<string, Playbook> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const found = files.toSorted().map((name): Playbook => {
    const file = join(folder, name);
    const [front, text] = withFrontMatter(
      readFileSync(file, 'utf8'),
      file,
      playbookSchema,
      'registry_invalid',
    );
    return { ...front, text };
  });
  return new Map(found.map((playbook) => [playbook.name, playbook]));
}
