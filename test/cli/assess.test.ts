import { spawn } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { assessLines } from '../../src/cli/assess-lines.ts';
import { renderAssessment } from '../../src/cli/render-assessment.ts';
import type { Assessment, Assessor } from '../../src/core/assessor.ts';
import { cli } from '../helpers/cli-in-process.ts';
import { cli as built } from '../helpers/cli-process.ts';
import { BIN } from '../helpers/client.ts';
import { scratch } from '../helpers/scratch.ts';
import { cpuMs } from '../helpers/cpu.ts';

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a line is told with its level, its reasons and the part of it that shows each', async () => {
  const place = scratch();
  const said = await cli(place, ['assess', 'echo hello; rm -rf src']);
  expect(said.code).toBe(0);
  const lines = said.out.split('\n');
  expect(lines[0]).toMatch(/^HIGH \d+\/100$/);
  const quoted = lines.findIndex((line) => line.includes('removes-trees'));
  expect(lines[quoted + 1]).toBe('    echo hello; rm -rf src');
  expect(lines[quoted + 2]).toBe(`    ${' '.repeat('echo hello; '.length)}^^^^^^^^^^`);
  expect(said.out).toContain('undo\n');
});

test('it makes no state, and needs none', async () => {
  const place = scratch();
  await built(place, ['assess', 'rm -rf /']);
  await cli(place, ['assess', 'rm -rf /']);
  await cli(place, ['assess', '--jsonl'], '{"id":1,"command":"rm -rf /"}\n');
  expect(existsSync(place.home)).toBe(false);
  expect(readdirSync(place.root)).toEqual([]);
});

test('several words are a command, one is a whole line, after which options may follow', async () => {
  const place = scratch();
  expect((await cli(place, ['assess', 'rm', 'a b'])).out).toContain("rm 'a b'");
  expect((await cli(place, ['assess', 'rm', '-rf', 'src', '--json'])).out).toContain('rm -rf src --json');
  const after = await cli(place, ['assess', 'rm -rf src', '--json', '--cwd', '/nowhere']);
  expect(after.json()).toMatchObject({ level: 'HIGH', reversibility: expect.any(String) as string });
  expect((await cli(place, ['assess', 'rm -rf src', '--json', 'more'])).code).toBe(2);
  expect((await cli(place, ['assess', 'rm -rf src', '--nonsense'])).code).toBe(2);
});

test('neither a line nor a stream, or both, is a mistake', async () => {
  const place = scratch();
  expect((await cli(place, ['assess'])).code).toBe(2);
  expect((await cli(place, ['assess', '--jsonl', 'ls'])).code).toBe(2);
  expect((await built(place, ['assess'])).code).toBe(2);
  expect((await built(place, ['assess', '--nonsense'])).code).toBe(2);
  expect((await built(place, ['assess', '--help'])).code).toBe(0);
});

test('--cwd says where it would run, by its real name', async () => {
  const place = scratch();
  const level = async (...options: string[]): Promise<unknown> =>
    (await cli(place, ['assess', '--json', ...options, 'tee ../root/a'])).json()['level'];
  symlinkSync(place.root, join(place.base, 'link'));
  const inside = await level();
  expect(await level('--cwd', join(place.base, 'link'))).toBe(inside);
  expect(await level('--cwd', '/usr')).not.toBe(inside);
});

test('a configuration that is named says what is protected', async () => {
  const place = scratch('protected:\n  services: [shopdb]\n');
  const line = 'docker restart shopdb';
  const level = async (args: string[]): Promise<unknown> => (await cli(place, args)).json()['level'];
  expect(await level(['assess', '--json', line])).not.toBe('CRITICAL');
  expect(await level(['--config', place.configFile, 'assess', '--json', line])).toBe('CRITICAL');
  writeFileSync(place.configFile, 'autonomy: total\n');
  expect((await cli(place, ['--config', place.configFile, 'assess', line])).err).toContain('config.yaml:1');
});

test('--explain shows the syntax, indented, and as data', async () => {
  const place = scratch();
  const line = 'cat $(ls -l) > x';
  const { out } = await cli(place, ['assess', '--explain', line]);
  expect(out).toContain('\nScript cat $(ls -l) > x\n  Statement ');
  expect(out).toMatch(/\n {8}CommandExpansion \$\(ls -l\)\n {10}Script ls -l\n/);
  const { tree } = (await cli(place, ['assess', '--explain', '--json', line])).json();
  expect(tree).toMatchObject({ type: 'Script', source: line, children: [{ type: 'Statement' }] });
  const broken = await cli(place, ['assess', '--explain', 'echo "']);
  expect(broken.out).toMatch(/Script echo "\n {2}Problem: \w+/);
});

test.each([
  ['substitutions', `${'$('.repeat(5000)}x${')'.repeat(5000)}`],
  ['quoted ones', '"$('.repeat(5000)],
  ['sums', `echo $((1${'+1'.repeat(9000)}))`],
])('--explain shows a tree of %s without end as far as it is shown', async (_, line) => {
  const { openAssessor } = await import('../../src/assessor.ts');
  const { explain } = await openAssessor();
  expect(explain(line)).toMatchObject({ type: 'Script' });
  expect(() => explain('x'.repeat(20_001))).toThrow('longer than');
});

const ASSESSMENT: Assessment = {
  level: 'HIGH',
  score: 52,
  reversibility: 'irreversible',
  undo: 'Not all of it.',
  extent: null,
  effects: [{ kind: 'delete', target: '/w/\u001b[31msrc', evidence: 'rm x' }],
  factors: [
    { rule: 'mild', level: 'LOW', reason: 'A mild one.', evidence: 'first\nrm x' },
    { rule: 'grave', level: 'HIGH', reason: 'A grave one.', evidence: 'rm x' },
    { rule: 'elsewhere', level: 'MEDIUM', reason: 'Found in no part.', evidence: 'decoded text' },
    { rule: 'nothing', level: 'SAFE', reason: 'It only reads.', evidence: 'first' },
  ],
  instead: ['delete_file'],
};

test('effects, reasons and what to use instead are told worst first, on lines of their own', () => {
  const long = `${'a'.repeat(100)} rm x ${'b'.repeat(100)}`;
  const text = renderAssessment(`first\n${long}`, ASSESSMENT);
  expect(text).toContain('effects\n  delete           /w/\\u{1b}[31msrc');
  expect(text).toContain('instead\n  delete_file');
  expect(text).toContain('(elsewhere)\n    decoded text');
  expect(text).not.toContain('It only reads');
  expect(text.indexOf('grave')).toBeLessThan(text.indexOf('elsewhere'));
  const shown = `…${'a'.repeat(39)} `;
  expect(text).toContain(`    ${shown}rm x ${'b'.repeat(39)}…\n    ${' '.repeat(shown.length)}^^^^\n`);
});

test('each line of JSON is answered in its place, whatever it is', async () => {
  const place = scratch();
  const asked = [
    '{"id":"a","command":"ls","cwd":"/no/such/folder"}',
    'no JSON',
    '',
    '[]',
    'null',
    '{"id":7}',
    '{"id":8,"command":["ls"]}',
    '{"id":9,"command":"ls","cwd":"relative"}',
    '{"command":"rm -rf /"}',
    '{"id":null,"command":""}',
    '{"id":"größe","command":"echo größe","cwd":"/","more":1}',
  ];
  const said = await cli(place, ['assess', '--jsonl'], asked.join('\n'));
  expect(said.code).toBe(0);
  const answers = jsonLines(said.out);
  expect(answers.map(({ id, level, error }) => [id, level ?? typeof error])).toEqual([
    ['a', 'SAFE'],
    [null, 'string'],
    [null, 'string'],
    [null, 'string'],
    [null, 'string'],
    [7, 'string'],
    [8, 'string'],
    [9, 'string'],
    [null, 'DESTRUCTIVE'],
    [null, 'SAFE'],
    ['größe', 'SAFE'],
  ]);
  const told = ['id', 'level', 'score', 'reversibility', 'undo', 'effects', 'factors', 'instead', 'extent'];
  expect(Object.keys(answers[0] ?? {}).toSorted()).toEqual(told.toSorted());
});

test('the folder of each line is its root', async () => {
  const place = scratch();
  const line = (cwd: string): string => JSON.stringify({ id: cwd, command: `rm -rf ${place.root}/a`, cwd });
  const said = await cli(place, ['assess', '--jsonl'], `${line(place.root)}\n${line('/usr')}\n`);
  const [inside, outside] = jsonLines(said.out);
  expect(inside?.['factors']).not.toEqual(outside?.['factors']);
});

/** Answers at once, with what was asked as evidence. */
const ECHO: Assessor = {
  assess(line) {
    if (line === 'throw') throw new RangeError('too deep');
    const factors = [{ rule: 'echo', level: 'SAFE' as const, reason: 'As asked.', evidence: line }];
    return {
      level: 'SAFE',
      score: 0,
      reversibility: 'reversible',
      undo: 'All of it.',
      extent: null,
      effects: [],
      factors,
      instead: [],
    };
  },
  explain: () => ({ type: 'Script', source: '', children: [] }),
};

async function answersTo(chunks: readonly (string | Buffer)[]): Promise<Record<string, unknown>[]> {
  let out = '';
  const output = new Writable({
    write(chunk, _, done) {
      out += String(chunk);
      setImmediate(done);
    },
  });
  const listening = output.listenerCount('close');
  async function* input(): AsyncGenerator<string | Buffer> {
    yield* chunks;
  }
  await assessLines(input(), output, ECHO);
  expect(output.listenerCount('close')).toBe(listening);
  await new Promise<void>((resolve) => output.end(resolve));
  return jsonLines(out);
}

test('lines are put together again wherever a chunk ends, within a letter too', async () => {
  const bytes = Buffer.from('{"id":1,"command":"größe €"}\n{"id":2,"command":"b"}');
  for (let size = 1; size < 8; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const answers = await answersTo(chunks);
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    expect(answers[0]?.['factors']).toMatchObject([{ evidence: 'größe €' }]);
  }
});

test('a slow reader is waited for', async () => {
  const chunks = Array.from({ length: 50 }, (_, id) => `{"id":${id},"command":"${'x'.repeat(20_000)}"}\n`);
  expect((await answersTo(chunks)).map(({ id }) => id)).toEqual(chunks.map((_, id) => id));
});

test('a throw is the answer to its line alone', async () => {
  const answers = await answersTo(['{"id":1,"command":"throw"}\n{"id":2,"command":"b"}\n']);
  expect(answers).toMatchObject([
    { id: 1, error: 'too deep' },
    { id: 2, level: 'SAFE' },
  ]);
});

test('a line of a megabyte is answered, one without end is let go of', async () => {
  const million = JSON.stringify({ id: 1, command: 'a'.repeat(1_000_000) });
  const endless = Array.from({ length: 20 }, () => 'a'.repeat(1_000_000));
  const answers = await answersTo([million, '\n', ...endless, '\n{"id":3,"command":"c"}\n', ...endless]);
  expect(answers).toMatchObject([
    { id: 1, level: 'SAFE' },
    { id: null, error: expect.stringContaining('longer than') as string },
    { id: 3, level: 'SAFE' },
    { id: null },
  ]);
});

test('a command of a megabyte and one of ten thousand substitutions are refused, and soon', async () => {
  const { openAssessor } = await import('../../src/assessor.ts');
  const { assess } = await openAssessor();
  assess('ls', '/');
  for (const line of ['a'.repeat(1_000_000), `${'$('.repeat(10_000)}x${')'.repeat(10_000)}`]) {
    let level = '';
    expect(cpuMs(() => (level = assess(line, '/').level))).toBeLessThan(2000);
    expect(['HIGH', 'CRITICAL', 'DESTRUCTIVE']).toContain(level);
  }
});

test('an answer comes as soon as its line does, and a reader who leaves ends it', async () => {
  const child = spawn(process.execPath, [BIN, 'assess', '--jsonl'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints += String(text)));
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (const id of [1, 2, 3]) {
    child.stdin.write(`${JSON.stringify({ id, command: 'ls', cwd: '/' })}\n`);
    expect(JSON.parse(String((await lines.next()).value))).toMatchObject({ id, level: 'SAFE' });
  }
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.stdout.destroy();
  const many = `${JSON.stringify({ id: 4, command: 'ls', cwd: '/' })}\n`.repeat(5000);
  child.stdin.write(many);
  child.stdin.end(many);
  expect(await exited).toBe(0);
  expect(complaints).toBe('');
});

test('thousands of lines are answered in order, as fast as they are read', async () => {
  const place = scratch();
  const asked = Array.from({ length: 5000 }, (_, id) =>
    JSON.stringify({ id, command: `echo ${id} | grep -c ${id}`, cwd: '/home/dev/project' }),
  );
  const { stdout, code } = await built(place, ['assess', '--jsonl'], asked.join('\n'));
  expect(code).toBe(0);
  expect(jsonLines(stdout).map(({ id }) => id)).toEqual(asked.map((_, id) => id));
});
