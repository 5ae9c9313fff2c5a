import type { Level } from './risk.ts';

/** What a person asks for when they allow something beforehand. */
export interface GrantRequest {
  /** As the record names it: `client/user`, or `card@client/user`. */
  readonly agent: string;
  readonly tool: string;
  /** A command line, or a path from its root on; `*` stands for a word or a part of one. */
  readonly pattern: string;
  /** The rest of the input, as canonical JSON; none beside the defaults where it is missing. */
  readonly options?: string | undefined;
  /** The worst that it covers; DESTRUCTIVE is never covered. */
  readonly ceiling: Level;
  readonly count: number;
  readonly hours: number;
}

export interface GrantInfo {
  readonly id: string;
  readonly agent: string;
  readonly tool: string;
  readonly pattern: string;
  readonly ceiling: Level;
  readonly remaining: number;
  /** ISO 8601, UTC. */
  readonly expires: string;
}
