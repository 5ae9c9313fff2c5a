import type { Card } from '../core/card.ts';
import { HomeostatError } from '../core/errors.ts';
import { checkCardName } from './card-name.ts';
import { type GlobalOptions, type Session, withSession } from './session.ts';
import { jsonText, paint, print } from './terminal.ts';

/** `homeostat agent list`. */
export async function listCards(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ app }) => {
    const cards = [...app.cards().values()];
    if (options.json === true) return print(jsonText(cards.map(bare)));
    for (const card of cards)
      print(`${paint('bold', card.name.padEnd(16))} ${card.own ? 'your own: ' : ''}${card.description}`);
  });
}

/** `homeostat agent show NAME`: the card as it is written, and what the configuration leaves of it. */
export async function showCard(name: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async (session) => {
    const { app } = session;
    checkCardName(name, app.cards);
    const card = app.cards().get(name);
    const bounds = await app.bounds(name);
    if (card === undefined || bounds === null)
      throw new HomeostatError('not_found', `there is no card ${name}`);
    const rest = { ...bounds, trusted: bounds.tools.length > 0 };
    if (options.json === true)
      return print(jsonText({ ...bare(card), prompt: card.prompt, in_effect: rest }));
    const line = (what: string, text: string): void => print(`${what.padEnd(10)} ${text}`);
    print(`${paint('bold', card.title)}: ${card.description}`);
    if (!rest.trusted) print(paint('yellow', 'No person has trusted it: read it and run homeostat trust.'));
    line('tools', (rest.trusted ? bounds.tools : card.tools).join(', '));
    line('autonomy', bounds.ceilings.map(({ by, level }) => `${level} (${by})`).join(', '));
    line('roots', bounds.roots.map((patterns) => patterns.join(', ')).join(' and '));
    line('services', bounds.services.map((patterns) => patterns.join(', ') || 'none').join(' and '));
    line('limits', limitsOf(bounds.limits));
    print(`\n${card.prompt}`);
    offered(card, session);
  });
}

const bare = (card: Card): object =>
  Object.fromEntries(Object.entries(card).filter(([key]) => key !== 'prompt'));

const limitsOf = ({ steps, minutes, actions, risk }: Card['limits']): string =>
  `${steps} steps, ${minutes} minutes, ${actions} actions, a risk of ${risk}`;

/** What it names and this configuration does not offer to a connection that takes it by its prompt. */
function offered(card: Card, { app }: Session): void {
  const names = new Set(app.gateway.tools().map(({ name }) => name));
  const missing = card.tools.filter((tool) => !names.has(tool));
  if (missing.length > 0)
    print(`\nOnly with --agent ${card.name}, or with more toolsets: ${missing.join(', ')}`);
}
