import { lstatSync } from 'node:fs';
import type { Plan } from '../../core/plan.ts';
import { fsPath } from '../journal/print.ts';
import { pathsBelow } from './below.ts';
import { latin1 } from './lower.ts';
import { textOfName } from './names.ts';

/** What hard links lead to from the files that a plan changes in place. */
export interface OtherNames {
  /** Every name of theirs in the roots, absolute: what is written to one is written to all. */
  readonly inside: readonly string[];
  /** Whether they may have names elsewhere, too. */
  readonly elsewhere: boolean;
}

const NONE: OtherNames = { inside: [], elsewhere: false };

/** Entries of the roots that are looked at; in larger ones nobody knows. */
const MOST_ENTRIES = 200_000;

/** To be asked before the steps are done. The roots are walked only where a file with several names is changed. */
export function otherNames({ parts }: Plan, roots: readonly string[]): OtherNames {
  const missing = new Map<string, number>();
  for (const { root, steps } of parts)
    for (const step of steps)
      if (step.do === 'write' || step.do === 'attributes')
        if (step.before.type !== 'directory' && step.before.links > 1)
          missing.set(`${deviceOf(root)} ${step.before.ino}`, step.before.links);
  if (missing.size === 0) return NONE;
  const inside: string[] = [];
  try {
    let looked = 0;
    for (const root of roots)
      for (const { path, type } of pathsBelow(latin1(root))) {
        if ((looked += 1) > MOST_ENTRIES) return { inside, elsewhere: true };
        if (type === 'directory') continue;
        const { dev, ino, nlink } = lstatSync(fsPath(`${latin1(root)}/${path}`), { bigint: true });
        const left = nlink > 1n ? missing.get(`${dev} ${ino}`) : undefined;
        if (left === undefined) continue;
        missing.set(`${dev} ${ino}`, left - 1);
        inside.push(`${root}/${textOfName(path)}`);
      }
  } catch {
    // Where nobody may look, or somebody removes what is looked at, nobody knows.
    return { inside, elsewhere: true };
  }
  return { inside, elsewhere: [...missing.values()].some((left) => left > 0) };
}

const deviceOf = (root: string): bigint => lstatSync(root, { bigint: true }).dev;
