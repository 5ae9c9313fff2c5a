/** How much agents may do by themselves, the tightest first. */
export const AUTONOMY = ['observe', 'safe', 'supervised', 'full'] as const;
export type Autonomy = (typeof AUTONOMY)[number];

/** The tightest of the levels; the loosest of none. */
export const tightest = (levels: readonly Autonomy[]): Autonomy =>
  AUTONOMY.find((level) => levels.includes(level)) ?? 'full';
