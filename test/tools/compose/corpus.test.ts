import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { HomeostatError } from '../../../src/core/errors.ts';
import { commentsIn } from '../../../src/tools/compose/document/comments.ts';
import { type Draft, changed, openDraft } from '../../../src/tools/compose/edit/apply.ts';
import { compile } from '../../../src/tools/compose/operations/compile.ts';
import { type Operation, operationSchema } from '../../../src/tools/compose/operations/schema.ts';
import { makeFile } from './generate.ts';

const FILES = Number(process.env.COMPOSE_FILES ?? 300);
const SERVICES = Number(process.env.COMPOSE_SERVICES ?? 1);
const FOLDER = join(import.meta.dirname, 'corpus');

type Json = Record<string, unknown>;

/** One operation, and what it must do to the file's value: worked out here anew, by a parser and plain objects. */
interface Trial {
  readonly operation: Operation;
  readonly expected: (root: Json, service: Json) => void;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function setNamed(service: Json, key: string, name: string, value: string): void {
  const now = service[key];
  if (Array.isArray(now)) {
    const index = now.findIndex((item) => String(item).split('=')[0] === name);
    if (index < 0) now.push(`${name}=${value}`);
    else now[index] = `${name}=${value}`;
  } else service[key] = { ...(now as Json | null), [name]: value };
}

const put = (op: object, expected: Trial['expected']): Trial => ({
  operation: operationSchema.parse(op),
  expected,
});

function trials(service: string): Trial[] {
  const tricky = [
    'yes',
    '22:22',
    '0644',
    'a: b # c',
    'it\'s "q"',
    'x\n    privileged: true',
    '- &a *b',
    '木',
    '1e3',
  ];
  return [
    put({ op: 'set_image', service, image: 'busybox:1.36' }, (_, one) => (one.image = 'busybox:1.36')),
    ...tricky.map((value, at) =>
      put({ op: 'set_env', service, name: `NEW_${at}`, value }, (_, one) =>
        setNamed(one, 'environment', `NEW_${at}`, value),
      ),
    ),
    put({ op: 'set_env', service, name: 'TZ', value: 'UTC' }, (_, one) =>
      setNamed(one, 'environment', 'TZ', 'UTC'),
    ),
    put({ op: 'set_label', service, name: 'on', value: 'no' }, (_, one) =>
      setNamed(one, 'labels', 'on', 'no'),
    ),
    put(
      { op: 'add_port', service, value: '22:22' },
      (_, one) => (one.ports = [...asList(one.ports), '22:22']),
    ),
    put({ op: 'add_port', service, value: { target: 80, published: '81' } }, (_, one) => {
      one.ports = [...asList(one.ports), { target: 80, published: '81' }];
    }),
    put(
      { op: 'add_volume', service, value: './x:/x:ro' },
      (_, one) => (one.volumes = [...asList(one.volumes), './x:/x:ro']),
    ),
    put({ op: 'set_field', service, name: 'restart', value: 'no' }, (_, one) => (one.restart = 'no')),
    put(
      { op: 'set_field', service, name: 'command', value: ['a', '--b', 'c d'] },
      (_, one) => (one.command = ['a', '--b', 'c d']),
    ),
    put({ op: 'set_healthcheck', service, definition: { test: ['CMD', 'x'], retries: 3 } }, (_, one) => {
      one.healthcheck = { test: ['CMD', 'x'], retries: 3 };
    }),
    put({ op: 'set_limits', service, memory: '64M', cpus: '0.50' }, (_, one) => {
      one.deploy = { resources: { limits: { memory: '64M', cpus: '0.50' } } };
    }),
    put(
      {
        op: 'add_service',
        service: 'added',
        definition: { image: 'a', ports: ['1:1'], environment: { A: 'on' } },
      },
      (root) => {
        (root.services as Json).added = { image: 'a', ports: ['1:1'], environment: { A: 'on' } };
      },
    ),
    put(
      { op: 'define', section: 'volumes', name: 'fresh' },
      (root) => (root.volumes = { ...(root.volumes as Json), fresh: null }),
    ),
    put(
      { op: 'define', section: 'secrets', name: 's', definition: { file: './s' } },
      (root) => (root.secrets = { s: { file: './s' } }),
    ),
    put({ op: 'remove_field', service, name: 'image' }, (_, one) => delete one.image),
    put({ op: 'remove_service', service }, (root) => delete (root.services as Json)[service]),
  ];
}

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

const read = (text: string, version: '1.1' | '1.2'): Json =>
  parse(text, { version, merge: true, logLevel: 'silent' }) as Json;

/** What stood between the bytes that both texts begin and end with. */
function middle(before: string, after: string): string {
  let from = 0;
  while (from < Math.min(before.length, after.length) && before[from] === after[from]) from += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - from && before.at(-1 - end) === after.at(-1 - end))
    end += 1;
  return before.slice(from, before.length - end);
}

const comments = (text: string): string[] =>
  commentsIn(text).map((at) => text.slice(at, at + 1000).split(/\r?\n/)[0] ?? '');

/** Tries every operation on some services; answers how many were done and which were refused. */
function tryAll(text: string, most: number): { done: number; refused: string[] } {
  const refused: string[] = [];
  let done = 0;
  const opened = openDraft(text, 'compose.yml', undefined);
  const before = { '1.1': read(text, '1.1'), '1.2': read(text, '1.2') };
  const said = comments(text);
  for (const service of Object.keys(before['1.2'].services as Json).slice(-most)) {
    for (const { operation, expected } of trials(service)) {
      const result = edit(opened, operation);
      if (result instanceof HomeostatError) {
        expect(result.code, result.message).toBe('edit_refused');
        refused.push(`${operation.op} ${service}: ${result.message}`);
        continue;
      }
      done += 1;
      const after = result.source.text;
      for (const version of ['1.1', '1.2'] as const) {
        const intended = structuredClone(before[version]);
        expected(intended, (intended.services as Record<string, Json>)[service] ?? {});
        expect(read(after, version), `${operation.op} ${service}\n${after}`).toEqual(intended);
      }
      const removes = operation.op.startsWith('remove');
      if (!removes) expect(comments(after)).toEqual(said);
      if (result.splices.length === 1 && !removes) expect(middle(text, after)).not.toMatch(/(\n.*){4}/);
      if (text.includes('\r\n')) expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(after.startsWith('\uFEFF')).toBe(text.startsWith('\uFEFF'));
      expect(removes || text.endsWith('\n') === after.endsWith('\n')).toBe(true);
      // Played again on the old text, the splices are the new text: nothing else was written.
      const played = result.splices.reduce(
        (now, one) => now.slice(0, one.from) + one.text + now.slice(one.to),
        text,
      );
      expect(played).toBe(after);
    }
  }
  return { done, refused };
}

test(`${FILES} files of real-world style: every operation changes what it must and no other byte`, () => {
  let done = 0;
  const refused: string[] = [];
  for (let seed = 1; seed <= FILES; seed++) {
    const encode = ENCODINGS[seed % ENCODINGS.length] ?? String;
    const result = tryAll(encode(makeFile(seed)), SERVICES);
    done += result.done;
    refused.push(...result.refused);
  }
  const why = /comments stand|comes from &base|depends on|came from/;
  expect(refused.filter((reason) => !why.test(reason))).toEqual([]);
  expect(refused.length).toBeLessThan(done / 20);
}, 300_000);

const written = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'));

test.each(written)('%s, in every encoding', (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  for (const encode of ENCODINGS) {
    const { done } = tryAll(encode(text), 10);
    expect(done).toBeGreaterThan(0);
  }
});
