import type { Card } from '../../core/card.ts';
import type { Config } from '../../core/config.ts';
import { canonical } from '../../store/audit.ts';
import { sha256 } from '../../store/objects.ts';

/** What decisions are made by beside the configuration. */
interface Ground {
  readonly version: string;
  /** The digest of the registry's files. */
  readonly registry: string;
  readonly cards: ReadonlyMap<string, Card>;
}

/** A digest of all that decisions are made by: the program, its registry, the cards, the believed configuration. */
export function policyVersion({ version, registry, cards }: Ground, config: Config): string {
  const { autonomy, autonomy_of, agents, protected: shielded, secrets, approvals } = config;
  const held = [...cards.values()].map(({ name, tools, autonomy: most, roots, services, limits }) => ({
    name,
    tools,
    most,
    roots,
    services,
    limits,
  }));
  const { require } = approvals;
  return sha256(
    canonical({ version, registry, held, autonomy, autonomy_of, agents, shielded, secrets, require }),
  ).slice(0, 16);
}
