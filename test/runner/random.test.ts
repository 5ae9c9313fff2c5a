import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { Card } from '../../src/core/card.ts';
import { toolSchemas } from '../../src/core/json-schema.ts';
import { openLlama } from '../../src/runner/llama.ts';
import type { Hands } from '../../src/runner/hands.ts';
import { READ_MORE, firstTurns, toolsOf } from '../../src/runner/prompt.ts';
import type { RunEvent } from '../../src/runner/run.ts';
import { signature } from '../../src/runner/signature.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { installLlama } from '../helpers/llama.ts';
import { handsOf, play } from '../helpers/run.ts';
import { SEED } from '../helpers/seeded.ts';
import { auditOf, expectSettled, query, treeOf } from '../helpers/state.ts';
import { writeRandomModel } from '../llama/model-file.mjs';

/** How many runs; HOMEOSTAT_RANDOM_RUNS asks for more of them. */
const RUNS = Number(process.env['HOMEOSTAT_RANDOM_RUNS'] ?? 200);
const CARDS = ['bug-hunter', 'ops', 'security', 'orchestrator'];
/** Most runs are short, so that there are many; one in eight goes on for longer. */
const stepsOf = (run: number): number => (Math.floor(run / CARDS.length) % 8 === 0 ? 4 : 2);
const MARK = 'a'.repeat(16);
/** Answers to calls that nobody could carry out. */
const UNUSABLE = new Set(['invalid_input', 'unknown_tool', 'rate_limited', 'card_used_up']);
type Answer = Extract<RunEvent, { event: 'answer' }>;
/** No limit is in the way but those of a run. */
const CONFIG = `
limits: { actions_per_minute: 1000000, queries_per_minute: 1000000, held_actions: 1000, command_seconds: 3 }
`;

/** What a random model may say as often as a letter, so that it hits upon paths and lines that do something. */
const WORDS =
  'a.txt,sub/b.txt,new.txt,../,../canary.txt,/etc/passwd,.mcp.json,one,web,echo hi, > new.txt,cat ,ls,rm -rf , && ,docker ps'.split(
    ',',
  );
/** A line break stands in no string of JSON, so that this is said between calls alone. */
const CALL = '\n||call: ';

/** Those that do something, oftener than others. */
const likedTools: Readonly<Record<string, number>> = {
  run_command: 6,
  write_file: 4,
  edit_file: 4,
  emergency_stop: -2,
};

/** What it says and how much it likes to; the names of a call's parts are one token each, so that a call is short. */
function likingOf(tools: readonly string[]): Record<string, number> {
  const liking: Record<string, number> = { [CALL]: 30, '<|im_end|>': 24, '"': 9, '}': 5 };
  for (const word of WORDS) liking[word] = 6;
  for (const name of tools) liking[name] = likedTools[name] ?? 2;
  const schemas = TOOLS.filter(({ name }) => tools.includes(name)).map((tool) => toolSchemas(tool).input);
  for (const { properties = {} } of [READ_MORE.input, ...schemas])
    for (const name of Object.keys(properties as Record<string, unknown>))
      for (const start of ['{', ', '])
        Object.assign(liking, { [`${start}"${name}": `]: 12, [`${start}"${name}": null`]: 14 });
  return liking;
}

interface Member {
  readonly card: Card;
  readonly hands: Hands;
}

/** Each line that the model is told is one token, which it never says itself: so a prompt is read in no time. */
function unsaid({ app }: TestApp, crew: readonly Member[]): Record<string, number> {
  const told = crew.flatMap(({ card, hands }) => [
    ...firstTurns(card, app.prompts, '', MARK, false).map((turn) => turn.text),
    ...toolsOf(hands.tools).map(signature),
  ]);
  const lines = told.flatMap((text) => text.split('\n')).filter((line) => line.length > 20);
  return Object.fromEntries(lines.map((line) => [line, -1000]));
}

/** The cards as they come, but for one folder of the root and no limits: else the first runs would use up all. */
async function withOwnCards(): Promise<TestApp> {
  const made = await testApp({ config: CONFIG });
  const folder = join(made.configFile, '..', 'agents');
  mkdirSync(folder);
  for (const card of CARDS) {
    const text = readFileSync(join(PACKAGE_ROOT, 'agents', `${card}.md`), 'utf8')
      .replace(/^name: /m, 'name: wild-')
      .replace(/^roots: .*/m, 'roots: [work]')
      // What it says of its work a random model does not read.
      .replace(/\n---\n[\s\S]*/, '\n---\nWork.\n')
      .replace(/^limits: .*/m, 'limits: { steps: 9, minutes: 60, actions: 100000, risk: 10000000 }');
    writeFileSync(join(folder, `${card}.md`), text);
  }
  await (await made.app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await made.close();
  mkdirSync(join(made.root, 'work', 'sub'), { recursive: true });
  for (const path of ['work/a.txt', 'work/sub/b.txt', 'canary.txt'])
    writeFileSync(join(made.root, path), 'one\ntwo\n');
  return testApp({ on: made });
}

/** Everything that no card lets an agent change. */
const beyond = (place: TestApp): object => {
  const { root, configFile } = place;
  const top = Object.entries(treeOf(root)).filter(([path]) => !path.startsWith('work'));
  return { top, config: treeOf(join(configFile, '..')), passwd: readFileSync('/etc/passwd', 'utf8') };
};

test(
  'random models crash nothing, escape from no card and lose no record',
  async () => {
    const place = await withOwnCards();
    const crew: Member[] = [];
    for (const name of CARDS) {
      const card = place.app.cards().get(`wild-${name}`);
      if (card === undefined) throw new Error(name);
      crew.push({ card, hands: await handsOf(place, card.name, name) });
    }
    const file = join(place.base, 'random.gguf');
    const liking = { ...unsaid(place, crew), ...likingOf(crew.flatMap(({ card }) => card.tools)) };
    const texts = Object.keys(liking).filter((text) => !['<|im_end|>', '"', '}'].includes(text));
    writeRandomModel(file, SEED, texts, liking);
    const env = { ...process.env, HOMEOSTAT_LLAMA: await installLlama() };
    const model = await openLlama({ bin: BIN, file, context: 16_384, env });
    const before = beyond(place);
    const stops: string[] = [];
    const answers: Answer[] = [];
    const inputs = new Set<string>();
    let active = 0;
    for (const [turn, { card, hands }] of crew.entries()) {
      const { tools } = card;
      expect(hands.tools.map((tool) => tool.name).toSorted()).toEqual([...tools].toSorted());
      for (let run = turn; run < RUNS; run += CARDS.length) {
        const id = `${SEED}r${run}`.padStart(8, '0');
        const options = { card: card.name, model, hands, id, mark: MARK };
        const sampling = { temperature: 1, maxTokens: 120 };
        const { ended, events } = await play([], {
          on: place,
          ...options,
          limits: { steps: stepsOf(run) },
          sampling,
        });
        stops.push(ended.stop);
        const told = events.filter((event) => event.event === 'answer');
        const asked = events.filter((event) => event.event === 'call');
        expect(told.map(({ call }) => call)).toEqual(asked.map(({ call }) => call));
        answers.push(...told);
        active += told.some(({ error }) => error === null || !UNUSABLE.has(error)) ? 1 : 0;
        for (const { tool, input } of asked) inputs.add(`${tool} ${JSON.stringify(input)}`);
        if (ended.stop === 'emergency_stop')
          await (await place.app.operator()).release({ passphrase: PASSPHRASE, terminal: false });
      }
      await hands.close();
      const own = auditOf(place).filter(({ agent }) => agent.startsWith(`${card.name}@`));
      const intended = own.filter(({ event }) => event === 'action.intended');
      expect(intended.filter(({ action }) => !tools.includes(action))).toEqual([]);
    }
    await model.close();
    expect(stops).toHaveLength(RUNS);
    for (const stop of ['model_failed', 'server_failed', 'context_full', 'deadline'])
      expect(stops).not.toContain(stop);
    expect(beyond(place)).toEqual(before);
    expectSettled(place);
    const known = new Set(query<{ id: string }>(place, 'SELECT id FROM actions').map(({ id }) => id));
    const recorded = TOOLS.filter((tool) => tool.kind === 'action' || tool.recorded);
    const audited = new Set(auditOf(place).map(({ action }) => action));
    const called = new Set(answers.map(({ tool }) => tool));
    expect(recorded.filter(({ name }) => called.has(name) && !audited.has(name))).toEqual([]);
    const acted = answers.flatMap(({ action_id }) => (action_id === null ? [] : [action_id]));
    expect(acted.filter((action) => !known.has(action))).toEqual([]);
    const onRecord = new Set(auditOf(place).map(({ action_id }) => action_id));
    expect(acted.filter((action) => !onRecord.has(action))).toEqual([]);
    // It is no test of a model that only fails.
    expect(active / RUNS).toBeGreaterThan(0.8);
    expect(inputs.size).toBeGreaterThan(RUNS / 2);
    expect(known.size).toBeGreaterThan(RUNS / 8);
    await place.close();
  },
  60_000 + RUNS * 3000,
);
