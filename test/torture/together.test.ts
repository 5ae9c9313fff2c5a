import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PASSPHRASE, testApp } from '../helpers/app.ts';
import { describeSandbox } from '../helpers/box.ts';
import { type Answer, connect } from '../helpers/client.ts';
import { type Dice, dice } from '../helpers/dice.ts';
import { expectClean } from '../helpers/killing.ts';
import { scratch } from '../helpers/scratch.ts';
import { SEED } from '../helpers/seeded.ts';
import { sql } from '../helpers/sql.ts';
import { expectSettled, query } from '../helpers/state.ts';

/** Calls of each of the two servers; a hundred take half a minute. */
const CALLS = Number(process.env['TORTURE_CALLS'] ?? 8);
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const CONFIG = 'autonomy: full\nretention:\n  snapshots: 6\nlimits:\n  actions_per_minute: 100000\n';

type Files = Map<string, string>;
type Touched = Map<string, { before: string | undefined; after: string | undefined }>;

/** What an action does to the files, as far as a model needs to know; throws where it cannot have been done then. */
type Deed = (files: Files) => Touched;

interface Move {
  readonly tool: string;
  readonly input: Record<string, unknown>;
  readonly deed: Deed;
}

function present(files: Files, name: string): string {
  const content = files.get(name);
  if (content === undefined) throw new Error(`${name} is not there`);
  return content;
}

const setting = (files: Files, name: string, after: string | undefined): Touched =>
  new Map([[name, { before: files.get(name), after }]]);

function move(rolls: Dice, token: string): Move {
  const [one, other] = [rolls.pick(NAMES), rolls.pick(NAMES)];
  const line = (command: string, deed: Deed): Move => ({ tool: 'run_command', input: { command }, deed });
  switch (rolls.below(one === other ? 3 : 4)) {
    case 0:
      return line(`echo ${token} >>${one}`, (files) =>
        setting(files, one, `${files.get(one) ?? ''}${token}\n`),
      );
    case 1:
      return line(`rm ${one}`, (files) => (present(files, one), setting(files, one, undefined)));
    case 2:
      return {
        tool: 'write_file',
        input: { path: one, content: token },
        deed: (files) => setting(files, one, token),
      };
    default:
      return line(`mv ${one} ${other}`, (files) => {
        const after = present(files, one);
        return new Map([...setting(files, one, undefined), ...setting(files, other, after)]);
      });
  }
}

/** The same actions one after the other, in the order in which they are on record as done. */
function serially(
  files: Files,
  order: readonly string[],
  deeds: ReadonlyMap<string, Deed | { undoes: string }>,
): void {
  const done = new Map<string, Touched>();
  for (const id of order) {
    const deed = deeds.get(id);
    if (deed === undefined) continue;
    const touched: Touched = typeof deed === 'function' ? deed(files) : new Map();
    if (typeof deed !== 'function')
      for (const [name, { before, after }] of done.get(deed.undoes) ?? []) {
        expect(files.get(name), `${name}, when ${id} undid ${deed.undoes}`).toBe(after);
        touched.set(name, { before: after, after: before });
      }
    for (const [name, { after }] of touched) {
      if (after === undefined) files.delete(name);
      else files.set(name, after);
    }
    done.set(id, touched);
  }
}

describeSandbox('two servers at once', import.meta.filename, () => {
  test(
    'commands, writes, undos and collections side by side come out as in one order one after the other',
    { timeout: 3_600_000 },
    async () => {
      const place = scratch(CONFIG);
      const person = await testApp({ on: place });
      const operator = await person.app.operator();
      await operator.enrol(PASSPHRASE, null);
      await operator.trustConfig({ passphrase: PASSPHRASE, terminal: false });
      const files: Files = new Map(NAMES.map((name) => [name, `${name}\n`]));
      for (const [name, content] of files) writeFileSync(join(place.root, name), content);
      const deeds = new Map<string, Deed | { undoes: string }>();
      const ended: Answer[] = [];
      const working = new Set([1, 2]);
      const work = async (number: number): Promise<void> => {
        const rolls = dice(SEED + number);
        const server = await connect(place);
        for (let call = 0; call < CALLS; call++) {
          const ids = [...deeds.keys()];
          const undoes = ids.length > 0 && rolls.chance(0.35) ? rolls.pick(ids.slice(-8)) : null;
          const { tool, input, deed } = move(rolls, `${number}-${call}`);
          const report =
            undoes === null ? await server.call(tool, input) : await server.call('rollback', { id: undoes });
          ended.push(report);
          if (report.outcome === 'succeeded')
            deeds.set(report.action_id ?? '', undoes === null ? deed : { undoes });
        }
        await server.close();
        working.delete(number);
      };
      const collect = async (): Promise<void> => {
        while (working.size > 0) {
          // Retention spares what is young.
          sql(place.home, 'UPDATE snapshots SET created_ms = created_ms - 7200000');
          await operator.collect(false);
          await sleep(50);
        }
      };
      const collecting = collect();
      await Promise.all([work(1), work(2)]);
      await collecting;

      const name = `seed ${SEED}`;
      for (const { outcome, error } of ended)
        expect(['succeeded', 'failed', 'denied'], `${name}: ${JSON.stringify(error)}`).toContain(outcome);
      expect(deeds.size, name).toBeGreaterThan(CALLS / 4);
      const order = query<{ id: string }>(
        place,
        "SELECT json_extract(body, '$.action_id') AS id FROM audit WHERE json_extract(body, '$.event') = 'action.finished' ORDER BY seq",
      ).map(({ id }) => id);
      serially(files, order, deeds);
      const found = readdirSync(place.root).map((at) => [at, readFileSync(join(place.root, at), 'utf8')]);
      expect(Object.fromEntries(found), name).toEqual(Object.fromEntries(files));

      await operator.collect(false);
      expect(await operator.collect(true)).toMatchObject({ snapshots: [], folders: [], busy: false });
      await person.close();
      expectSettled(place);
      expectClean(place);
    },
  );
});
