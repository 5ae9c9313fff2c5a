import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testApp } from './app.ts';
import { connect } from './client.ts';
import { commitAll } from './committed.ts';
import { needSandbox } from './needs.ts';
import { type Scratch, scratch } from './scratch.ts';
import { type ActionLine, actionsOf, expectSettled, processesIn, treeOf } from './state.ts';

const DYING = join(import.meta.dirname, '..', 'fixtures', 'dying-server.mjs');

/** A root with one of each kind, all of a time long past, so that a changed time shows. */
export function filled(): Scratch {
  const place = scratch();
  const at = (name: string): string => join(place.root, name);
  mkdirSync(at('sub'));
  writeFileSync(at('a.txt'), 'one\ntwo\n');
  writeFileSync(at('sub/b.bin'), Buffer.from([0, 255, 1, 254]));
  chmodSync(at('a.txt'), 0o640);
  symlinkSync('a.txt', at('link'));
  for (const name of ['a.txt', 'sub/b.bin']) utimesSync(at(name), 1_600_000_000.5, 1_600_000_000.5);
  // What git has a copy of, a command may change without being asked about.
  commitAll(place.root);
  return place;
}

/** Calls a tool of a server that dies at the step; false where it lived to answer. */
export async function diesAt(
  place: Scratch,
  step: string,
  nth: number,
  tool: string,
  input: object,
): Promise<boolean> {
  needSandbox(tool, input, place.env);
  const server = await connect(place, [step, String(nth)], { command: [DYING] });
  const died = await server.call(tool, { ...input }).then(
    () => false,
    () => true,
  );
  await server.close();
  return died;
}

/** No temporary file of ours is left in the root, and no command still runs there. */
export function expectClean(place: Scratch): void {
  expect(processesIn(place.base)).toEqual([]);
  expect(Object.keys(treeOf(place.root)).filter((path) => path.includes('.homeostat-'))).toEqual([]);
}

/**
 * Opens the state that a killed server left, as every start does, and answers the newest action as it then stands. In
 * this process, but for a start with `args`.
 */
export async function restarted(place: Scratch, args?: string[]): Promise<ActionLine> {
  if (args === undefined) {
    const next = await testApp({ on: place });
    expect((await next.ask('get_status')).outcome).toBe('succeeded');
    await next.close();
  } else {
    const server = await connect(place, args);
    expect((await server.call('get_status')).outcome).toBe('succeeded');
    await server.close();
  }
  expectSettled(place);
  expectClean(place);
  const last = actionsOf(place).at(-1);
  if (last === undefined) throw new Error('no action is on record');
  return last;
}
