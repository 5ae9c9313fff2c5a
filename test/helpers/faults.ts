import { execFileSync } from 'node:child_process';
import { execa } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionReport } from '../../src/core/outcome.ts';
import { cleanUpAfter } from './clean-up.ts';
import { dice } from './dice.ts';
import type { Scratch } from './scratch.ts';
import { SEED } from './seeded.ts';

/** Faults of each kind; `all` is one at each call. A round takes about two seconds. */
const ROUNDS = process.env['FAULT_ROUNDS'] ?? '1';

/** The numbers at which faults are to befall so many calls. */
export function sample(calls: number): number[] {
  const every = Array.from({ length: calls }, (_, k) => k + 1);
  if (ROUNDS === 'all') return every;
  const rolls = dice(SEED);
  return Array.from({ length: Number(ROUNDS) }, () => rolls.pick(every));
}

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

/** From the n-th call that changes a file system on, counted from a step: the end by SIGKILL, or an error of each. */
export interface Fault {
  readonly step: string;
  readonly n: number;
  readonly how: 'kill' | 'EIO' | 'ENOSPC';
}

export interface Faulty {
  readonly killed: boolean;
  /** How many calls there were; 0 where it was killed. */
  readonly calls: number;
  readonly report: ActionReport | null;
}

let library: string | null = null;

cleanUpAfter('file', () => {
  if (library !== null) rmSync(join(library, '..'), { recursive: true });
  library = null;
});

function compiled(): string {
  if (library !== null) return library;
  library = join(mkdtempSync(join(tmpdir(), 'homeostat-faults-')), 'faults.so');
  execFileSync('cc', [
    '-std=gnu11',
    '-O1',
    '-shared',
    '-fPIC',
    '-o',
    library,
    join(FIXTURES, 'faults.c'),
    '-ldl',
  ]);
  return library;
}

/** One call of the product, or a recovery alone, in a process of its own that a fault befalls. */
export async function withFault(
  place: Scratch,
  fault: Fault,
  tool?: string,
  input?: object,
): Promise<Faulty> {
  const errno = { kill: 0, EIO: constants.errno.EIO, ENOSPC: constants.errno.ENOSPC }[fault.how];
  // A process may end anywhere; what fails is the root and its store, since a state that fails is tested by itself.
  const scope = fault.how === 'kill' ? 'all' : '/stages/';
  const asked = JSON.stringify({ step: fault.step, n: fault.n, errno, scope, tool, input });
  const ended = await execa(process.execPath, [join(FIXTURES, 'faulty-call.mjs'), asked], {
    cwd: place.root,
    env: { ...place.env, LD_PRELOAD: compiled() },
    extendEnv: false,
    reject: false,
  });
  if (ended.signal === 'SIGKILL') return { killed: true, calls: 0, report: null };
  if (ended.exitCode !== 0) throw new Error(ended.stderr);
  const { calls, report = null } = JSON.parse(ended.stdout) as { calls: number; report?: ActionReport };
  return { killed: false, calls, report };
}
