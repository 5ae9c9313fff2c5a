import { parse } from 'unbash';
import type { Dice } from '../helpers/dice.ts';
import { DANGERS } from './mutations.ts';

/** The same line changed in a way that can only make it as bad or worse. */
export interface Variant {
  readonly text: string;
  readonly how: string;
  /** It holds a command that is HIGH or more by itself. */
  readonly dangerous: boolean;
}

/** What ends a line early, depends on how the shell was started, or swallows what follows. */
const SENSITIVE =
  /\b(exit|exec|return|break|continue|logout|set|trap)\b|\$\{?[@*#\d!?$_-]|<<(?!<)|\\$|[\0-\u0008\u000B-\u001F\u007F\uD800-\uDFFF]/;

/** Parsed, and not so that a shell given it as a word takes it for an option. */
export const isWhole = (line: string): boolean =>
  /^[^-+]/.test(line) &&
  line.trim() !== '' &&
  !SENSITIVE.test(line) &&
  (parse(line).errors ?? []).length === 0;

const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

type Wrap = readonly [how: string, wrap: (line: string) => string];

const WRAPS: readonly Wrap[] = [
  ['a subshell', (line) => `(\n${line}\n)`],
  ['a group', (line) => `{\n${line}\n}`],
  ['a condition', (line) => `if true; then\n${line}\nfi`],
  ['a loop', (line) => `for i in 1; do\n${line}\ndone`],
  ['a case', (line) => `case x in x)\n${line}\n;; esac`],
  ['a function', (line) => `work() {\n${line}\n}; work`],
  ['a substitution', (line) => `echo "$(\n${line}\n)"`],
  ['a background job', (line) => `{\n${line}\n} &`],
  ['a pipeline', (line) => `{\n${line}\n} | cat`],
  ['bash -c', (line) => `bash -c ${single(line)}`],
  ['env and timeout', (line) => `env timeout 9 bash -c ${single(line)}`],
  ['nohup', (line) => `nohup bash -c ${single(line)} > /dev/null`],
  ['sudo', (line) => `sudo bash -c ${single(line)}`],
  ['eval', (line) => `eval ${single(line)}`],
  ['a here-string', (line) => `bash <<< ${single(line)}`],
  ['a here-document', (line) => `bash <<'END_OF_IT'\n${line}\nEND_OF_IT\n`],
  ['a pipe to a shell', (line) => `printf '%s\\n' ${single(line)} | bash`],
  ['base64', (line) => `echo ${base64(line)} | base64 -d | bash`],
  ['a variable', (line) => `step=${single(line)}; eval "$step"`],
  ['two shells', (line) => `bash -c ${single(`bash -c ${single(line)}`)}`],
];

const wrapped = (line: string, dice: Dice): Variant => {
  const [how, wrap] = dice.pick(WRAPS);
  return { text: wrap(line), how: `wrapped in ${how}`, dangerous: false };
};

const appended = (line: string, dice: Dice): Variant => {
  const separator = line.includes('#') || /[&;]\s*$/.test(line) ? '\n' : dice.pick(['\n', '; ', ' & ']);
  return { text: line + separator + dice.pick(DANGERS), how: 'with a danger after it', dangerous: true };
};

const before = (line: string, dice: Dice): Variant => ({
  text: `${dice.pick(DANGERS)}\n${line}`,
  how: 'with a danger before it',
  dangerous: true,
});

const RESERVED =
  /^(if|then|elif|else|fi|for|in|do|done|while|until|case|esac|select|function|time|coproc|!|\[\[|\]\])$/;

/** Where no quoting, expansion, comment or test stands, a bare word may be quoted in any way. */
function requoted(line: string, dice: Dice): Variant | null {
  if (/['"`\\#$(){}]|\[\[|=/.test(line)) return null;
  const tokens = line.split(/(\s+)/);
  const bare = tokens.flatMap((token, i) =>
    /^[A-Za-z./-][\w./-]+$/.test(token) && !RESERVED.test(token) ? [i] : [],
  );
  if (bare.length === 0) return null;
  const chosen = dice.pick(bare);
  const token = tokens[chosen] ?? '';
  const cut = 1 + dice.below(token.length - 1);
  const [head, tail] = [token.slice(0, cut), token.slice(cut)];
  const quoted = dice.pick([
    `'${token}'`,
    `"${token}"`,
    `${head}''${tail}`,
    `${head}"${tail}"`,
    `'${head}'${tail}`,
    `\\${token}`,
    `${head}\\\n${tail}`,
    `$'${token}'`,
    `${head}\\${tail}`,
  ]);
  return { text: tokens.with(chosen, quoted).join(''), how: 'quoted differently', dangerous: false };
}

/** One of the ways to change a whole line. */
export const variantOf = (line: string, dice: Dice): Variant =>
  dice.pick([wrapped, wrapped, appended, before, requoted, requoted])(line, dice) ?? wrapped(line, dice);
