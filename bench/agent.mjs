// What the runner itself costs: its loop beside inference, tokens that are read anew at each step, tokens of a card's tools.
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../dist/app.js';
import { jsonSchema } from '../dist/core/json-schema.js';
import { loadCards } from '../dist/registry/cards.js';
import { loadPrompts } from '../dist/registry/prompts.js';
import { openHands } from '../dist/runner/hands.js';
import { beginJournal } from '../dist/runner/journal.js';
import { limitsOf, samplingOf } from '../dist/runner/limits.js';
import { openLlama } from '../dist/runner/llama.js';
import { work } from '../dist/runner/loop.js';
import { callId } from '../dist/runner/model.js';
import { firstTurns, toolsOf } from '../dist/runner/prompt.js';
import { signature } from '../dist/runner/signature.js';
import { TOOLS } from '../dist/tools/index.js';
import { writeScriptedModel } from '../test/llama/model-file.mjs';
import { p50, place as newPlace } from './harness.mjs';

const STEPS = 30;
/** @param {string} line */
const tell = (line) => process.stdout.write(`${line}\n`);
const BIN = join(PACKAGE_ROOT, 'dist', 'main.js');
const LLAMA = fileURLToPath(new URL('../test/llama/node_modules/node-llama-cpp', import.meta.url));
const cards = loadCards(join(PACKAGE_ROOT, 'agents'), new Set(TOOLS.map(({ name }) => name)));
const prompts = loadPrompts(join(PACKAGE_ROOT, 'prompts'), join(PACKAGE_ROOT, 'docs'));
const place = newPlace();
writeFileSync(join(place.root, 'a.txt'), 'one\ntwo\n');

/** A run of the card ops with this model. */
async function runWith(id, model, hands) {
  const begin = {
    kind: 'run',
    id,
    card: 'ops',
    goal: 'look',
    mark: 'f'.repeat(16),
    time: '',
    cwd: place.root,
    card_digest: '',
  };
  const card = cards.get('ops');
  const journal = beginJournal(join(place.home, 'runs'), { ...begin, dry_run: false });
  for (const turn of firstTurns(card, prompts, 'look', begin.mark, false))
    journal.add({ kind: 'turn', turn });
  const limits = { ...limitsOf(card, {}), steps: STEPS + 5, tokens: 1e9 };
  const signal = new AbortController().signal;
  const run = {
    id,
    agent: id,
    card,
    journal,
    model,
    hands,
    limits,
    sampling: samplingOf(card, {}),
    person: null,
    ask: null,
    tell: () => undefined,
    signal,
  };
  const ended = await work(run);
  journal.close();
  return ended;
}

/** A model that answers at once, and notes when it was asked and when it had answered. */
function instant(times) {
  const blank = { text: '', fault: null, evaluated: 0, generated: 0 };
  return {
    name: 'instant',
    context: 100_000,
    count: async (text) => text.length,
    told: () => '',
    close: async () => undefined,
    async reply(turns) {
      times.push(performance.now());
      if (times.length > STEPS) return { ...blank, text: 'done', calls: [] };
      const input = { path: 'a.txt', from_line: 1, max_lines: times.length };
      return { ...blank, calls: [{ id: callId(turns.length, 0), tool: 'read_file', input }] };
    },
  };
}

const server = {
  command: process.execPath,
  args: [BIN, 'serve', '--stdio', '--agent', 'ops'],
  cwd: place.root,
  env: place.env,
};
const hands = await openHands(server, 'bench', '1');
try {
  const signal = new AbortController().signal;
  const direct = [];
  for (let n = 1; n <= STEPS; n++) {
    const begun = performance.now();
    await hands.call('read_file', { path: 'a.txt', from_line: 1, max_lines: n }, signal);
    direct.push(performance.now() - begun);
  }
  const times = [];
  await runWith('benchloop', instant(times), hands);
  const steps = times.slice(1).map((time, n) => time - times[n]);
  tell(
    `a step of the loop: ${p50(steps).toFixed(1)} ms; the call in it, made directly: ${p50(direct).toFixed(1)} ms`,
  );

  const told = toolsOf(hands.tools);
  if (existsSync(LLAMA)) {
    const file = join(place.home, 'script.gguf');
    const call = (n) => ['||call: ', 'read_file', `{"path": "a.txt", "from_line": ${n}, "max_lines": null}`];
    writeScriptedModel(file, [...[1, 2, 3, 4, 5].map(call), ['That is all.']]);
    const env = { ...process.env, HOMEOSTAT_LLAMA: LLAMA };
    const model = await openLlama({ bin: BIN, file, context: 16_384, env });
    const evaluated = [];
    const inference = [];
    const watched = {
      ...model,
      async reply(...args) {
        const begun = performance.now();
        const reply = await model.reply(...args);
        inference.push(performance.now() - begun);
        evaluated.push(reply.evaluated);
        return reply;
      },
    };
    await runWith('benchmodel', watched, hands);
    tell(`tokens evaluated, step by step (a letter is a token here): ${evaluated.join(', ')}`);
    tell(`inference, step by step: ${inference.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    await model.close();
  } else tell('node-llama-cpp is not installed under test/llama: npm ci there');
  tell(`tools that the card ops tells: ${told.length}`);
} finally {
  await hands.close();
  place.remove();
}
for (const card of cards.values()) {
  const tools = TOOLS.filter(({ name }) => card.tools.includes(name)).map(({ name, description, input }) => ({
    name,
    description,
    input: jsonSchema(input, 'input'),
  }));
  const whole = encode(JSON.stringify(tools)).length;
  const told = toolsOf(tools.map((tool) => ({ ...tool, description: tool.description.split('. ')[0] })));
  const brief = encode(told.map(signature).join('\n')).length;
  tell(
    `${card.name}: ${brief} tokens of tools told, ${whole} as JSON Schema; prompt ${encode(card.prompt).length}`,
  );
}
