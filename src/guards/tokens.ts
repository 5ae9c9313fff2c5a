import { HomeostatError } from '../core/errors.ts';
import type { Bearer, TokenInfo, Tokens } from '../core/tokens.ts';
import { BLANK } from '../store/audit.ts';
import type { TokenFile } from '../store/token-file.ts';
import type { House } from './house.ts';

const NAME = /^[a-z0-9][\w.-]{0,39}$/i;
const MOST = 100;
const MINUTE_MS = 60_000;
/** So many refusals of a minute have a record each; what comes after them is counted. */
const TOLD = 10;

/** Makes a token, and puts on record for whom; only who calls it ever sees the token. */
export function addToken(info: Bearer, by: string, file: TokenFile, house: House): string {
  const { name, card, scope } = info;
  if (!NAME.test(name))
    throw new HomeostatError('invalid_input', `${name}: letters, digits, dots, dashes; at most 40 of them`);
  if (card !== null && !house.cards.has(card))
    throw new HomeostatError(
      'not_found',
      `there is no card ${card}; there are ${[...house.cards.keys()].join(', ')}`,
    );
  return house.store.write(() => {
    const all = file.list();
    if (all.some((token) => token.name === name))
      throw new HomeostatError('invalid_input', `there is a token ${name}; revoke it first`);
    if (all.length >= MOST) throw new HomeostatError('too_large', `there are ${MOST} tokens already`);
    const detail = `token:${name}, ${scope}, ${card === null ? 'no card' : `card ${card}`}`;
    house.store.audit.append({ ...BLANK, agent: by, event: 'token.added', action: 'token add', detail });
    return file.add({ name, card, scope, created: new Date().toISOString() });
  });
}

/** Takes a token back; every session that was opened with it ends. */
export function revokeToken(name: string, by: string, file: TokenFile, house: House): void {
  house.store.write(() => {
    if (!file.list().some((token) => token.name === name))
      throw new HomeostatError('not_found', `there is no token ${name}`);
    const detail = `token:${name}`;
    house.store.audit.append({ ...BLANK, agent: by, event: 'token.revoked', action: 'token revoke', detail });
    file.remove(name);
  });
}

export const tokenList = (file: TokenFile): TokenInfo[] =>
  file.list().toSorted((a, b) => a.name.localeCompare(b.name));

interface Minute {
  readonly from: number;
  told: number;
  more: number;
}

/** The door of the HTTP face. */
export function tokens(file: TokenFile, house: House): Tokens {
  const minutes = new Map<string, Minute>();
  const append = (agent: string, event: string, detail: string): void =>
    void house.store.write(() =>
      house.store.audit.append({ ...BLANK, agent, event, action: 'http', result: 'denied', detail }),
    );
  return {
    bearer: (token) => file.find(token),
    stands: ({ name, created }) =>
      file.list().some((token) => token.name === name && token.created === created),
    refused(why, by) {
      const agent = by === null ? 'http' : `token:${by.name}`;
      const now = house.machine.uptime().ms;
      const before = minutes.get(agent);
      const isOver = before === undefined || now - before.from >= MINUTE_MS;
      const minute = isOver ? { from: now, told: 0, more: 0 } : before;
      minutes.set(agent, minute);
      if (isOver && before !== undefined && before.more > 0)
        append(agent, 'token.refused_more', `${before.more} more in the minute before`);
      // Whoever is not let in must not be able to fill the disk, nor to keep it busy.
      if (minute.told++ < TOLD) append(agent, 'token.refused', why);
      else minute.more++;
    },
  };
}
