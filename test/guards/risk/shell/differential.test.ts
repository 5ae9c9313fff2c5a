import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../../../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { fields } from '../../../../src/guards/risk/shell/words.ts';
import { HOLE, known } from '../../../../src/guards/risk/shell/value.ts';
import { TestScope, wordsOf } from './scope.ts';

const SET: Readonly<Record<string, string>> = {
  x: 'abc',
  y: '-z',
  s: ' a  b:c',
  e: '',
  n: '5',
  m: 'n+2',
  p: '?b*',
  r: 'x',
  c: ':k::l:',
  q: 'it\'s "*"',
  w: 'Grün',
};
const ARRAY = ['p q', '', 'r:s'];
const GIVEN = ['one', 'two  words', '', 'f:g'];

const name = fc.constantFrom('x', 'y', 's', 'e', 'n', 'u', 'p', 'c', 'q', 'w', 'r');
const number = fc.constantFrom('0', '1', '2', '-1', '3', 'n', 'm');
const plain = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '-',
  '1',
  ':',
  '=',
  '~',
  '/',
  ',',
  '\\*',
  '\\ ',
  '\\$',
  '\\\\',
  'ab',
);
const special = fc.constantFrom('{', '}', '{}', '..', '~', '~root', '~/', 'a=~', '@', '^', '%', '+');
const inQuotes = fc.constantFrom(
  'a',
  ' ',
  "'",
  '\\$',
  '\\"',
  '\\\\',
  '\\q',
  '*',
  '{a,b}',
  '~',
  '\\`',
  '\\\n',
  '!',
);
const escapes = fc.constantFrom(
  'a',
  '\\n',
  '\\x41',
  '\\101',
  '\\t',
  "\\'",
  '\\\\',
  ' ',
  '\\u00e9',
  '\\e',
  '\\cA',
  '"',
  '\\z',
);
const ops = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '%',
  '**',
  '<<',
  '>>',
  '<',
  '>=',
  '==',
  '!=',
  '&',
  '|',
  '^',
  '&&',
  '||',
  ',',
);

type Texts = fc.Arbitrary<string>;

const { word: words } = fc.letrec<{
  word: string;
  piece: string;
  expansion: string;
  quoted: string;
  sum: string;
  operand: string;
  pattern: string;
}>((tie) => {
  const sub = fc.oneof(number, tie('sum'));
  const array = fc.constantFrom('a[@]', 'a[*]', '@', '*');
  const target: Texts = fc.oneof(
    { weight: 5, arbitrary: name },
    array,
    fc.constantFrom('1', '3', '9', 'a[0]', 'a[1]', 'a[7]', 'a[-1]', 'a'),
  );
  const all = (...parts: readonly Texts[]): Texts => fc.tuple(...parts).map((texts) => texts.join(''));
  const k = fc.constant;
  return {
    word: fc.array(tie('piece'), { minLength: 1, maxLength: 5 }).map((texts) => texts.join('')),
    piece: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      plain,
      special,
      all(k("'"), fc.constantFrom('a', ' ', '*', '$x', '{a,b}', '\\', '"'), k("'")),
      all(
        k("$'"),
        fc.array(escapes, { maxLength: 3 }).map((t) => t.join('')),
        k("'"),
      ),
      all(
        fc.constantFrom('"', '$"'),
        fc.array(tie('quoted'), { maxLength: 3 }).map((t) => t.join('')),
        k('"'),
      ),
      tie('expansion'),
      tie('expansion'),
      all(k('{'), tie('word'), fc.constantFrom(',', '..'), tie('word'), k('}')),
      all(
        k('{'),
        fc.constantFrom('1..3', 'a..d', '01..10..3', '3..-1', 'c..a', '1..5..-2', '-05..5..5', '1..a'),
        k('}'),
      ),
    ),
    quoted: fc.oneof(inQuotes, tie('expansion')),
    expansion: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      name.map((n) => `$${n}`),
      target.map((n) => `\${${n}}`),
      fc.constantFrom(
        '$@',
        '$*',
        '$#',
        '$1',
        '$2',
        '${#@}',
        '${!a[@]}',
        '${!r}',
        '${#}',
        '$0',
        '${@:0:2}',
        '${!u}',
      ),
      target.map((n) => `\${#${n}}`),
      all(k('${'), target, fc.constantFrom(':-', '-', ':+', '+'), tie('operand'), k('}')),
      all(k('${'), name, fc.constantFrom(':=', '=', '?', ':?'), tie('operand'), k('}')),
      all(k('${'), target, fc.constantFrom('#', '##', '%', '%%'), tie('pattern'), k('}')),
      all(
        k('${'),
        target,
        fc.constantFrom('/', '//', '/#', '/%'),
        tie('pattern'),
        k('/'),
        fc.oneof(plain, tie('expansion'), k('')),
        k('}'),
      ),
      all(k('${'), target, fc.constantFrom('^', '^^', ',', ',,'), fc.oneof(k(''), tie('pattern')), k('}')),
      all(k('${'), target, fc.constantFrom('@Q', '@U', '@u', '@L'), k('}')),
      all(k('${'), target, k(': '), sub, k('}')),
      all(k('${'), target, k(': '), sub, k(': '), sub, k('}')),
      all(k('$(('), tie('sum'), k('))')),
      all(k('$['), tie('sum'), k(']')),
      all(k('$(echo '), tie('word'), k(' '), tie('word'), k(')')),
      all(k("$(printf '%s' "), k('"'), tie('quoted'), k('")')),
    ),
    // Braces that are not closed within an operand are beyond what is compared.
    operand: fc
      .array(fc.oneof(plain, k(' '), k('~'), k("'a b'"), k('"a  b"'), tie('expansion')), { maxLength: 3 })
      .map((texts) => texts.join('')),
    pattern: fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'a',
            'b',
            '*',
            '?',
            '[a-c]',
            '[!b]',
            '[[:alpha:]]',
            '\\*',
            ' ',
            ':',
            '[',
            "'*'",
            '"b"',
          ),
          name.map((n) => `\${${n}}`),
        ),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .map((t) => t.join('')),
    sum: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      number,
      fc.constantFrom('0x1F', '017', '8#17', '36#Z', 'u', '$n', '${n}', '$#', 'a[5]', '"3"', '09', '$((2))'),
      all(tie('sum'), fc.constantFrom('', ' '), ops, fc.constantFrom('', ' '), tie('sum')),
      all(fc.constantFrom('-', '!', '~', '+'), tie('sum')),
      all(k('('), tie('sum'), k(')')),
      all(tie('sum'), k('?'), tie('sum'), k(':'), tie('sum')),
      all(fc.constantFrom('n', 'u', 'm', 'i'), fc.constantFrom('=', '+=', '-=', '*=', '<<='), tie('sum')),
      fc.constantFrom('n++', '--n', '++i', 'i--'),
    ),
  };
});

interface Case {
  readonly word: string;
  readonly ifs: string | null;
}

const AFTER = ['u', 'n', 'i'];
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What bash makes of each word: its fields and what some variables hold then; null where it stops with an error. */
function bash(cases: readonly Case[]): (string[] | null)[] {
  const setting = Object.entries(SET).map(([key, value]) => `${key}=${quote(value)}`);
  const script = `
    set -f; set -- ${GIVEN.map(quote).join(' ')}; ${setting.join('; ')}; a=(${ARRAY.map(quote).join(' ')})
    f() { printf '%s\\0' "$#" "$@"; }
    show() { printf '%s\\0' ${AFTER.map((n) => `"$${n}"`).join(' ')}; }
    while IFS= read -r -d '' LINE_; do
      (eval "$LINE_; show") 2> "$ERRORS"; [ -s "$ERRORS" ] && printf FAILED; printf '<END>\\0'
    done; :`;
  const input = cases
    .map(({ word: w, ifs }) => `${ifs === null ? '' : `IFS=${quote(ifs)}; `}f ${w}\0`)
    .join('');
  const folder = mkdtempSync(join(tmpdir(), 'words-'));
  const errors = join(folder, 'errors');
  const { stdout, status } = spawnSync('bash', ['--norc', '-c', script, 'bash'], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: '/root', ERRORS: errors },
    cwd: '/',
  });
  rmSync(folder, { recursive: true });
  expect(status).toBe(0);
  return stdout
    .split('<END>\0')
    .slice(0, -1)
    .map((record) => {
      if (record.endsWith('FAILED')) return null;
      const parts = record.split('\0').slice(0, -1);
      return parts.length === Number(parts[0]) + 1 + AFTER.length ? parts.slice(1) : null;
    });
}

function ours({ word: w, ifs }: Case): { texts: string[]; splits: boolean; after: string[] } | null {
  const held = Object.entries(SET).map(([key, value]) => [key, known(value)] as const);
  const array = new Map(ARRAY.map((value, i) => [String(i), known(value)]));
  const scope = new TestScope(
    { ...Object.fromEntries(held), a: array, ...(ifs === null ? {} : { IFS: known(ifs) }) },
    GIVEN,
  );
  const [word, ...others] = wordsOf(`f ${w}`);
  if (word === undefined || others.length > 0) return null;
  const values = fields(word, scope);
  const after = AFTER.map((key) => {
    const value = scope.get(key);
    return value !== undefined && 'text' in value ? value.text : '';
  });
  return { texts: values.map(({ text }) => text), splits: values.some(({ splits }) => splits), after };
}

/** Whether a text with holes can stand for the other. */
function covers(texts: readonly string[], splits: boolean, found: readonly string[]): boolean {
  if (!splits && texts.length !== found.length) return false;
  const [head = '', ...tail] = texts.join(splits ? HOLE : '\0').split(HOLE);
  const text = found.join(splits ? '' : '\0');
  if (tail.length === 0) return text === head;
  let at = text.startsWith(head) ? head.length : -1;
  for (const part of tail.slice(0, -1)) {
    const next = at === -1 ? -1 : text.indexOf(part, at);
    at = next === -1 ? -1 : next + part.length;
  }
  const last = tail.at(-1) ?? '';
  return at !== -1 && text.endsWith(last) && text.length - last.length >= at;
}

/** What bash 5.2 itself does oddly: lists that an operation empties, two kinds of lists between the same quotes, `~:`. */
const ODD = [
  /~:/,
  /^empty .*\{(a\[\*\]|\*)[^}]/s,
  /a\[[@*]\](##?|%%?)\*/,
  /\*.*".*@|@.*".*\*|".*\*.*@|".*@.*\*/s,
];

const SEED = 1;
const COUNT = 4000;

test('the fields of random words are those that bash makes', { timeout: 60_000 }, () => {
  const ifs = fc.constantFrom<(string | null)[]>(null, null, null, null, ':', '', ' :', 'b');
  const cases = fc
    .sample(fc.record({ word: words, ifs }), { numRuns: COUNT, seed: SEED })

    .filter(
      (c) => c.word.length < 200 && !ODD.some((odd) => odd.test(`${c.ifs === '' ? 'empty' : ''} ${c.word}`)),
    );
  const expected = bash(cases);
  expect(expected.length).toBe(cases.length);
  let whole = 0;
  let compared = 0;
  const wrong: object[] = [];
  for (const [i, one] of cases.entries()) {
    const found = expected[i];
    const mine = ours(one);
    if (found === null || found === undefined || mine === null) continue;
    compared += 1;
    const certain = ![...mine.texts, ...mine.after].some((text) => text.includes(HOLE));
    if (certain) whole += 1;
    const args = found.slice(0, -AFTER.length);
    const after = found.slice(-AFTER.length);
    const same = certain
      ? JSON.stringify([mine.texts, mine.after]) === JSON.stringify([args, after])
      : covers(mine.texts, mine.splits, args) && covers(mine.after, false, after);
    if (!same) wrong.push({ ...one, bash: args, mine: mine.texts, after, mineAfter: mine.after });
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(compared).toBeGreaterThan(cases.length / 2);
  expect(whole).toBeGreaterThan(compared * 0.85);
});
