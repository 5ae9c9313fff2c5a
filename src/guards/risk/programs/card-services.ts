import type { Program } from '../../../registry/commands.ts';
import { type Value, isKnown } from '../shell/value.ts';
import type { Walk } from '../shell/walk.ts';

/** Programs that speak to services of the machine, beside those that a rule says so of. */
const SPEAKS: ReadonlySet<string> = new Set([
  'systemctl',
  'service',
  'journalctl',
  'docker',
  'docker-compose',
  'podman',
  'kubectl',
]);

/** Words that are no names, and options that neither widen what is meant nor lead elsewhere. */
const PLAIN: ReadonlySet<string> = new Set(
  (
    'compose container start stop restart try-restart reload reload-or-restart pause unpause kill status show ' +
    'is-active is-enabled logs inspect top port --now --no-deps --no-pager -q --quiet -u'
  ).split(' '),
);

/**
 * Where a card names services, a line speaks to them by their names alone: a word that is neither one of them nor
 * known to be harmless may name another, or all.
 */
export function cardServices(entry: Program, args: readonly Value[], walk: Walk, source: string): void {
  const { services } = walk.ctx;
  if (services === undefined) return;
  const speaks =
    SPEAKS.has(entry.id) ||
    entry.rules.some(({ effect }) => effect === 'service' || effect === 'container_loss');
  if (!speaks) return;
  const words = args.filter((word) => !PLAIN.has(word.text));
  const isNamed = (word: Value): boolean => isKnown(word) && !word.glob && services(word.text);
  if (words.length > 0 && words.every(isNamed)) return;
  walk.report.factor('service-not-on-card', 'HIGH', 'The card does not name what it acts on.', source);
}
