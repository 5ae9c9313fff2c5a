import type { Card } from '../../core/card.ts';
import { type Autonomy, tightest } from '../../core/autonomy.ts';
import type { Config } from '../../core/config.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { AutonomySetting } from '../../core/judgement.ts';
import { isInside } from '../../core/inside.ts';
import type { Intent, Staged } from '../../core/stages.ts';
import type { Risk } from '../../core/risk.ts';

/** Where an action reaches: folders that it is in, and paths that it touches, with all below them. */
export interface Reach {
  readonly folders: readonly string[];
  readonly paths: readonly string[];
}

/** All settings that speak of an action; the tightest of them holds. */
export function autonomySettings(
  { autonomy, autonomy_of }: Pick<Config, 'autonomy' | 'autonomy_of'>,
  card: string | null,
  { folders, paths }: Reach,
  real: (path: string) => string,
): AutonomySetting[] {
  const found: AutonomySetting[] = [{ by: 'autonomy', level: autonomy }];
  const { cards, roots } = autonomy_of;
  const ofCard = card !== null && Object.hasOwn(cards, card) ? cards[card] : undefined;
  if (ofCard !== undefined) found.push({ by: `autonomy_of.cards.${card}`, level: ofCard });
  for (const [root, level] of Object.entries(roots)) {
    const place = real(root);
    // What takes a folder takes all that lies in it.
    const touched = paths.some((path) => isInside(path, place) || isInside(place, path));
    if (touched || folders.some((folder) => isInside(folder, place)))
      found.push({ by: `autonomy_of.roots.${root}`, level });
  }
  return found;
}

export const levelOf = (settings: readonly AutonomySetting[]): Autonomy =>
  tightest(settings.map(({ level }) => level));

/**
 * Where an action reaches, as far as that is known: for what runs in a stage of its own, what it turned out to do; for
 * all else also whatever it may.
 */
export function reachOf(intent: Intent, staged: Staged<unknown> | null, risk: Risk): Reach {
  const changed = staged?.effects.changes.flatMap(({ path, from }) =>
    from === undefined ? [path] : [path, from],
  );
  const held = intent.resources.flatMap((name) => /^(?:file|tree):(.*)$/s.exec(name)?.[1] ?? []);
  return {
    folders: intent.commands.map(({ cwd }) => cwd),
    paths: [
      ...intent.touches.map(({ path }) => path),
      ...(changed ?? []),
      ...risk.effects.map(({ target }) => target).filter((target) => target.startsWith('/')),
      ...(intent.contained === true ? [] : held),
    ],
  };
}

/** A name that nobody has would tighten nothing, and nobody would notice. */
export function checkCardNames(config: Config, path: string, cards: ReadonlyMap<string, Card>): void {
  for (const [key, named] of [
    ['autonomy_of.cards', config.autonomy_of.cards],
    ['agents', config.agents],
  ] as const) {
    const stray = Object.keys(named).find((name) => !cards.has(name));
    if (stray !== undefined)
      throw new HomeostatError('config_invalid', `${path}: ${key}.${stray}: there is no such card`);
  }
}
