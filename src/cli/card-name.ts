import { HomeostatError } from '../core/errors.ts';

/** A name that does not exist is told to the person who wrote it, with those that do. */
export function checkCardName(name: string | null, found: () => ReadonlyMap<string, unknown>): void {
  if (name === null) return;
  // Cards are read only where one is named: a client waits for the handshake.
  const cards = found();
  if (cards.has(name)) return;
  throw new HomeostatError(
    'not_found',
    `there is no card ${name}; there are ${[...cards.keys()].join(', ')}`,
  );
}

/** The name of a run, in which several connections share the limits of their card. */
export function runName(name: string | undefined, card: string | null): string | undefined {
  if (name === undefined) return undefined;
  if (card === null)
    throw new HomeostatError('invalid_input', '--run-id: a run has a card: give --agent too');
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new HomeostatError('invalid_input', '--run-id: letters, digits, dots and dashes, at most 64');
  return name;
}
