import type { Autonomy } from '../../core/autonomy.ts';
import type { CardLimits } from '../../core/card.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import type { Tool } from '../../core/tool.ts';
import type { House } from '../house.ts';

/** What a card and what the configuration says of it let a connection do, taken together. */
export interface Bounds {
  readonly card: string;
  readonly tools: readonly string[];
  readonly ceilings: readonly { readonly by: string; readonly level: Autonomy }[];
  /** Lists of patterns; what is let through is named by each of them. */
  readonly roots: readonly (readonly string[])[];
  readonly services: readonly (readonly string[])[];
  readonly limits: CardLimits;
}

export type Cards = Pick<House, 'cards' | 'config' | 'configuration'>;

/** Of a card that is not there, or that no person has trusted. */
const NOTHING = {
  tools: [],
  ceilings: [],
  roots: [[]],
  services: [[]],
  limits: { steps: 0, minutes: 0, actions: 0, risk: 0 },
};

/**
 * Null where there is no card, so that the configuration alone says what may be done. Work that was handed out keeps the
 * folders, services and autonomy of who handed it out as well: nobody reaches further by another's hands.
 */
export function boundsOf({ card, under }: Pick<Principal, 'card' | 'under'>, cards: Cards): Bounds | null {
  if (card === null) return null;
  const own = boundsOfCard(card, cards);
  if (under === undefined) return own;
  const { ceilings, roots, services } = boundsOfCard(under, cards);
  return {
    ...own,
    ceilings: [...own.ceilings, ...ceilings],
    roots: [...own.roots, ...roots],
    services: [...own.services, ...services],
  };
}

function boundsOfCard(name: string, cards: Cards): Bounds {
  const card = cards.cards.get(name);
  if (card === undefined || (card.own && cards.configuration !== 'trusted'))
    return { card: name, ...NOTHING };
  const { agents } = cards.config;
  const less = Object.hasOwn(agents, name) ? (agents[name] ?? {}) : {};
  const limit = (of: keyof CardLimits): number => Math.min(card.limits[of], less.limits?.[of] ?? Infinity);
  return {
    card: name,
    tools: card.tools.filter((tool) => less.tools?.includes(tool) ?? true),
    ceilings: [
      { by: `card ${name}`, level: card.autonomy },
      ...(less.autonomy === undefined ? [] : [{ by: `agents.${name}.autonomy`, level: less.autonomy }]),
    ],
    roots: [card.roots, ...(less.roots === undefined ? [] : [less.roots])],
    services: [card.services, ...(less.services === undefined ? [] : [less.services])],
    limits: {
      steps: limit('steps'),
      minutes: limit('minutes'),
      actions: limit('actions'),
      risk: limit('risk'),
    },
  };
}

/** Throws where the card of a connection does not name a tool. */
export function checkCard(tool: Pick<Tool, 'name'>, principal: Principal, house: House): void {
  const bounds = boundsOf(principal, house);
  if (bounds === null || bounds.tools.includes(tool.name)) return;
  checkUsable(bounds.card, house);
  throw new HomeostatError('tool_not_on_card', `the card ${bounds.card} does not name ${tool.name}`);
}

/** Throws where there is no such card, or where it is a person's own that nobody has trusted. */
export function checkUsable(name: string, { cards, configuration }: House): void {
  const card = cards.get(name);
  if (card === undefined)
    throw new HomeostatError(
      'not_found',
      `there is no card ${name}; there are ${[...cards.keys()].join(', ')}`,
    );
  if (card.own && configuration !== 'trusted')
    throw new HomeostatError('tool_not_on_card', `no person has trusted the card ${name}`, {
      next: 'A person reads it and runs `homeostat trust`.',
    });
}
