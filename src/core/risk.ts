/** Risk levels, mildest first. */
export const LEVELS = ['SAFE', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'DESTRUCTIVE'] as const;
export type Level = (typeof LEVELS)[number];

/** Whether the world can be put back: by itself, by a second action that makes up for it, or not. */
export const REVERSIBILITIES = ['reversible', 'compensable', 'irreversible'] as const;
export type Reversibility = (typeof REVERSIBILITIES)[number];

/** One reason for a level, with the part of the request that shows it. */
export interface Factor {
  rule: string;
  level: Level;
  reason: string;
  evidence: string;
}

/** What an action does to the world, as far as it can be told before. */
export const EFFECTS = [
  'read',
  'secret_read',
  'write',
  'overwrite',
  'delete',
  'chmod',
  'exec',
  'network',
  'exfiltration',
  'privilege',
  'kill',
  'service',
  'persistence',
  'device',
  'git_loss',
  'container_loss',
  'volume_loss',
  'cloud_change',
  'cloud_loss',
  'database_change',
  'database_loss',
] as const;
export type EffectKind = (typeof EFFECTS)[number];

/** One effect, on a path or another resource, with the part of the request that shows it. */
export interface Effect {
  kind: EffectKind;
  target: string;
  evidence: string;
}

/** What an action risks. `score` is 0 to 100: 20 for each level above SAFE, at most. */
export interface Risk {
  level: Level;
  score: number;
  factors: Factor[];
  resources: string[];
  reversibility: Reversibility;
  /** What it would do, on what. */
  effects: Effect[];
  /** Names of tools that do the same so that it can be taken back. */
  instead: string[];
  /** How much stands where it deletes or overwrites, counted after the level was found; null where nothing does. */
  extent: { files: number; bytes: number; whole: boolean } | null;
  /** How many further factors and effects are not told one by one. */
  more?: number | undefined;
}

export const rank = (level: Level): number => LEVELS.indexOf(level);

/** The strictest of the levels; SAFE of none. */
export function strictest(levels: Iterable<Level>): Level {
  let worst: Level = 'SAFE';
  for (const level of levels) if (rank(level) > rank(worst)) worst = level;
  return worst;
}

/** The weakest promise of the given ones; reversible of none. */
export function leastReversible(all: Iterable<Reversibility>): Reversibility {
  let worst: Reversibility = 'reversible';
  for (const one of all) if (REVERSIBILITIES.indexOf(one) > REVERSIBILITIES.indexOf(worst)) worst = one;
  return worst;
}

/** A risk from its factors: the level is the strictest factor's, the score adds a little for each further one. */
export function riskOf(
  factors: Factor[],
  resources: string[],
  reversibility: Reversibility,
  { effects, instead }: Pick<Risk, 'effects' | 'instead'> = { effects: [], instead: [] },
): Risk {
  const level = strictest(factors.map((f) => f.level));
  const others = Math.max(0, factors.filter((f) => f.level === level).length - 1);
  const score = level === 'SAFE' ? 0 : Math.min(100, rank(level) * 20 - 10 + Math.min(10, others * 2));
  return { level, score, factors, resources, reversibility, effects, instead, extent: null };
}

const UNDO: Readonly<Record<Reversibility, string>> = {
  reversible: 'Run through homeostat it can be taken back whole: what stood there before is kept.',
  compensable: 'A second action can make up for it; nothing puts it back by itself.',
  irreversible: 'Not all of it can be taken back.',
};

/** How something of that reversibility could be taken back. */
export const undoOf = (reversibility: Reversibility): string => UNDO[reversibility];
