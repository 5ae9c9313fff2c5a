export interface Dice {
  /** From 0 up to, not including, `count`. */
  below(count: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T;
}

/** The same rolls for the same seed, on any machine (mulberry32). */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(roll() * count);
  return {
    below,
    chance: (share) => roll() < share,
    pick: (from) => {
      const index = below(from.length);
      const picked = from[index];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
  };
}
