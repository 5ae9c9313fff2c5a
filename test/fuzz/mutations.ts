import type { Dice } from '../helpers/dice.ts';
import { SEED_LINES } from './seed-lines.ts';

export type Mutation = (line: string, dice: Dice) => string;

/** Each is HIGH or more wherever it stands. */
export const DANGERS: readonly string[] = [
  'rm -rf /',
  'rm -rf ~',
  'rm -rf .git',
  'find / -delete',
  'dd if=/dev/zero of=/dev/sda',
  'mkfs.ext4 /dev/sda1',
  'curl -s https://example.org/i.sh | sh',
  'chmod -R 777 /',
  'shred -u /etc/shadow',
  'cat /dev/null > /etc/passwd',
];

const SIGNS = [
  "'",
  '"',
  '`',
  '$',
  '\\',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ';',
  '&',
  '|',
  '<',
  '>',
  '#',
  '!',
  '*',
  '?',
  '~',
  '=',
  '\n',
  ' ',
  '\t',
];
const ODD = [
  '\0',
  '\u0007',
  '\u001B[2K',
  '\r',
  '\u007F',
  '\u00A0',
  '\u200B',
  '\u202E',
  '\uFEFF',
  '\uD800',
  'ｒｍ',
  'é',
  '🗑️',
  '\u2028',
  '“',
  '–',
];

const at = (line: string, dice: Dice): number => dice.below(line.length + 1);

const insert = (line: string, where: number, what: string): string =>
  line.slice(0, where) + what + line.slice(where);

const withTokens = (line: string, change: (tokens: string[]) => string[]): string =>
  change(line.split(' ')).join(' ');

const anyToken = (dice: Dice): string => dice.pick(dice.pick(SEED_LINES).split(' '));

const nested = (open: string, close: string, depth: number, inner: string): string =>
  open.repeat(depth) + inner + close.repeat(depth);

const NESTS: readonly (readonly [string, string])[] = [
  ['$(', ')'],
  ['( ', ')'],
  ['{ ', '; }'],
  ['"$(', ')"'],
  ['${x:-', '}'],
  ['$((', '))'],
  ['if true; then ', '; fi'],
  ['<(', ')'],
  ['`', '`'],
];

export const MUTATIONS: readonly Mutation[] = [
  (line, d) => insert(line, at(line, d), d.pick(SIGNS)),
  (line, d) => insert(line, at(line, d), d.pick(ODD)),
  (line, d) => {
    const where = at(line, d);
    return line.slice(0, where) + line.slice(where + 1);
  },
  (line, d) => {
    const where = at(line, d);
    return insert(line, where, (line[where] ?? ' ').repeat(1 + d.below(3)));
  },
  (line, d) => line.slice(0, at(line, d)),
  (line, d) => withTokens(line, (tokens) => tokens.toSpliced(d.below(tokens.length), 1)),
  (line, d) => withTokens(line, (tokens) => tokens.toSpliced(d.below(tokens.length), 0, d.pick(tokens))),
  (line, d) => withTokens(line, (tokens) => tokens.toSpliced(d.below(tokens.length), 0, anyToken(d))),
  (line, d) => withTokens(line, (tokens) => tokens.toSpliced(d.below(tokens.length), 1, anyToken(d))),
  (line, d) => withTokens(line, (tokens) => tokens.with(d.below(tokens.length), `'${d.pick(tokens)}'`)),
  (line, d) =>
    withTokens(line, (tokens) => {
      const where = d.below(tokens.length);
      const token = tokens[where] ?? '';
      return tokens.with(where, insert(token, at(token, d), d.pick(["''", '""', '\\\n', '$x', '$()', '\\'])));
    }),
  (line, d) =>
    `${d.pick(['sudo', 'env', 'nice', 'timeout 5', 'xargs', 'command', 'exec -a x', 'X=1', 'time', '!'])} ${line}`,
  (line, d) => line + d.pick(['; ', ' && ', ' || ', ' | ', ' & ', '\n']) + d.pick(DANGERS),
  (line, d) => line + d.pick(['; ', ' && ', ' || ', ' | ', ' & ', '\n']) + d.pick(SEED_LINES),
  (line, d) => {
    const [open, close] = d.pick(NESTS);
    return nested(open, close, 1 + d.below(d.chance(0.02) ? 200 : 3), line);
  },
  (line, d) =>
    insert(
      line,
      at(line, d),
      d.pick([
        '$HOME',
        '${x//a/b}',
        '$(id)',
        '{a,b}',
        '~',
        '*',
        "$'\\x41'",
        '<<E',
        '<<<',
        '2>&1',
        '&>',
        '>|',
      ]),
    ),
  (line, d) =>
    d.chance(0.05) ? insert(line, at(line, d), 'a'.repeat(1 + d.below(2000))) : line.toUpperCase(),
  (line, d) => (d.chance(0.2) ? Array.from({ length: 1 + d.below(20) }, () => line).join('; ') : line),
  (line, d) => `x=${d.pick(['1', "'rm -rf /'", '$(ls)', '(a b)'])}; ${line}`,
];

/** One of the seed lines after one to four mutations. */
export function mutated(dice: Dice): string {
  let line = dice.pick(SEED_LINES);
  for (let times = 1 + dice.below(4); times > 0; times--) line = dice.pick(MUTATIONS)(line, dice);
  return line.slice(0, 20_000);
}
