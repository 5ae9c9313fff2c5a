import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HomeostatError } from '../../../src/core/errors.ts';
import { type Draft, changed, openDraft } from '../../../src/tools/compose/edit/apply.ts';
import { compile } from '../../../src/tools/compose/operations/compile.ts';
import { type Operation, operationSchema } from '../../../src/tools/compose/operations/schema.ts';
import { makeFile } from './generate.ts';
import { type Json, trialsFor } from './trials.ts';
import { Reading, keptMarks, strayChanges } from './untouched.ts';

const FILES = Number(process.env.COMPOSE_FILES ?? 300);
const SERVICES = Number(process.env.COMPOSE_SERVICES ?? 1);
/** Whether the texts are shown where one is not what it should be. */
const SHOWN = process.env.COMPOSE_SHOWN !== undefined;
const FOLDER = join(import.meta.dirname, 'corpus');

const ENCODINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `\uFEFF${text}`,
  (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`,
];

function edit(opened: Draft, operation: Operation): Draft | HomeostatError {
  try {
    let draft = opened;
    for (const one of compile(operation, draft.tree)) draft = changed(draft, one);
    return draft;
  } catch (error) {
    if (error instanceof HomeostatError) return error;
    throw error;
  }
}

const VERSIONS = ['1.1', '1.2'] as const;

/** Whether one list has all of another in its order. */
function isWithin(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const one of whole) if (one === part[at]) at += 1;
  return at === part.length;
}

interface Tally {
  readonly done: string[];
  readonly refused: string[];
}

/** Tries every operation on some services: what it does to the value, and to every byte. */
function tryAll(text: string, most: number, seed: number): Tally {
  const tally: Tally = { done: [], refused: [] };
  const opened = openDraft(text, 'compose.yml', undefined);
  const before = new Reading(text);
  const values = { '1.1': before.value('1.1') as Json, '1.2': before.value('1.2') as Json };
  for (const service of Object.keys(values['1.2'].services as Json).slice(-most))
    for (const { operation, expected, touches } of trialsFor(service, values['1.2'], seed)) {
      const result = edit(opened, operation);
      const what = `${operation.op} ${service}`;
      if (result instanceof HomeostatError) {
        expect(result.code, result.message).toBe('edit_refused');
        tally.refused.push(`${what}: ${result.message}`);
        continue;
      }
      tally.done.push(operation.op);
      const after = result.source.text;
      const now = new Reading(after);
      const shown = SHOWN ? `${what}\n${text}\n→\n${after}` : what;
      const removes = /^(remove|undefine)/.test(operation.op);
      // Only texts that are new can be others to readers of YAML 1.1.
      const isNew = /^(set_env|set_label|set_field|set_limits|add_)/.test(operation.op);
      for (const version of isNew ? VERSIONS : (['1.2'] as const)) {
        const intended = structuredClone(values[version]);
        expected(intended);
        expect(now.value(version), `${what}\n${after}`).toEqual(intended);
      }
      expect(strayChanges(before, after, touches), shown).toEqual([]);
      const removed = removes ? touches : [];
      const marks = now.marks.map(({ source }) => source);
      expect(
        isWithin(keptMarks(before, removed), marks) && isWithin(marks, keptMarks(before, [])),
        shown,
      ).toBe(true);
      if (text.includes('\r\n')) expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(after.startsWith('\uFEFF')).toBe(text.startsWith('\uFEFF'));
      expect(removes || text.endsWith('\n') === after.endsWith('\n'), what).toBe(true);
    }
  return tally;
}

/** The names of all operations that there are. */
const OPERATIONS = operationSchema.options.flatMap(({ shape }): string[] =>
  'value' in shape.op ? [shape.op.value] : [...shape.op.options],
);

test(`${FILES} files of real-world style: every operation changes what it must and no other byte`, () => {
  const all: Tally = { done: [], refused: [] };
  for (let seed = 1; seed <= FILES; seed++) {
    const encode = ENCODINGS[seed % ENCODINGS.length] ?? String;
    const { done, refused } = tryAll(encode(makeFile(seed)), SERVICES, seed);
    all.done.push(...done);
    all.refused.push(...refused);
  }
  const why = /comments stand|comes from &base|depends on|came from/;
  expect(all.refused.filter((reason) => !why.test(reason))).toEqual([]);
  expect(all.refused.length).toBeLessThan(all.done.length / 20);
  expect([...new Set(all.done)].toSorted()).toEqual(OPERATIONS.toSorted());
}, 300_000);

const written = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'));

test.each(written)('%s, in every encoding', (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  for (const [seed, encode] of ENCODINGS.entries())
    expect(tryAll(encode(text), 10, seed).done.length).toBeGreaterThan(0);
});
