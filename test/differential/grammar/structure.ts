import type { Dice } from '../../helpers/dice.ts';
import { type Fragment, compound } from './quoting.ts';

/** Puts a fragment into another; null where it does not fit. */
export type Wrapper = (inner: Fragment, dice: Dice) => Fragment | null;

/** The end of a command inside a compound one: a here-document must end on a line of its own. */
export const end = ({ text }: Fragment): string => (/\n/.test(text) ? '\n' : text.endsWith('&') ? ' ' : '; ');

const around =
  (before: string, after: string, posix = true): Wrapper =>
  (inner) =>
    compound(`${before}${inner.text}${end(inner)}${after}`, posix && inner.posix);

/** Words that may stand before a simple command and run it. */
const PREFIXES: readonly string[] = [
  'env',
  'env X=1',
  'env -u X',
  'env --',
  '/usr/bin/env',
  'nice',
  'nice -n 5',
  'nice --adjustment=3',
  'timeout 3',
  'timeout -k 1 3s',
  'timeout --signal=KILL 3',
  'nohup',
  'setsid -w',
  'setsid',
  'stdbuf -oL',
  'ionice -c 3',
  'command',
  'command -p',
  'command --',
  'exec',
  'exec -a other',
  'time',
  'time -p',
  '!',
  'X=1 Y=2',
  'LC_ALL=C',
  'env nice timeout 3',
  'nohup nice -n 1',
  'flock /tmp/scratch.txt',
  'xargs -r -a /dev/null true ;',
];

const BASH_PREFIXES = /^(time|exec -a)/;

export const prefixed: Wrapper = (inner, dice) => {
  if (!inner.simple || /^\s*[<>!:]|^\w+=|^[.]\s|^(command|exec|time|source|type)\b/.test(inner.text))
    return null;
  const prefix = dice.pick(PREFIXES);
  // The keyword must come first, and what is replaced by `exec` ends the line.
  const simple = !/^(!|time|exec|X=1|LC_ALL|command)|;$/.test(prefix);
  return { text: `${prefix} ${inner.text}`, simple, posix: inner.posix && !BASH_PREFIXES.test(prefix) };
};

export const STRUCTURES: readonly Wrapper[] = [
  around('( ', ')'),
  around('{ ', '}'),
  around('f() { ', '}; f'),
  around('function work { ', '}\nwork', false),
  around('f() ( ', '); g() { f; }; g'),
  around('if true; then ', 'fi'),
  around('if ! false; then :; ', 'fi'),
  around('if false; then echo no; else ', 'fi'),
  around('if false; then :; elif true; then ', 'fi'),
  around('while true; do ', 'break; done'),
  around('until false; do ', 'break; done'),
  around('for i in 1 2; do ', 'done'),
  around('for ((i = 0; i < 1; i++)); do ', 'done', false),
  around('case x in x) ', ';; esac'),
  around('case $HOME in /nowhere) ;; *) ', ';; esac'),
  around('while read -r _; do ', 'done < README.md'),
  around('echo x | while read -r _; do ', 'done'),
  around('true && { ', '}'),
  around('false || { ', '}'),
  around('[[ -d src ]] && { ', '}', false),
  around('[ -d src ] && { ', '}'),
  around('echo start; ', 'echo done'),
  around('cd . && { ', '}'),
  around('{ ', '} | cat'),
  around('echo x | { ', '}'),
  around('{ ', '} |& cat', false),
  around('{ ', '} 2>/dev/null'),
  around('{ ', '} &'),
  around('( ', ') & wait'),
  around('set -e; ', ':'),
  around('time { ', '}', false),
  around('coproc { ', '}; wait', false),
  around('echo "$(', ')"'),
  around('x=$( ', ')'),
  around(': "${x:-$( ', ')}"'),
  around('cat <( ', ')', false),
  around('echo x > >( ', ')', false),
  around('echo $((1 + $( ', 'echo 1 | tail -n 1)))'),
  around('cat <<END\n$( ', ')\nEND'),
  around('select x in a; do ', 'break; done <<< 1', false),
  around('{ ', 'exit 0; }'),
  (inner) => (/[`\\]/.test(inner.text) ? null : compound(`: \`${inner.text}\``, inner.posix)),
  (inner) => (/&$|\n/.test(inner.text) ? null : compound(`true && ${inner.text}`, inner.posix)),
  (inner) => (/&$|\n/.test(inner.text) ? null : compound(`false || ${inner.text}`, inner.posix)),
  (inner) => (/&$|\n/.test(inner.text) ? null : compound(`${inner.text} && echo done`, inner.posix)),
  (inner) => (/&$|\n/.test(inner.text) ? null : compound(`${inner.text} || true`, inner.posix)),
  (inner) => (/&$|\n/.test(inner.text) ? null : compound(`${inner.text} &`, inner.posix)),
  (inner) => (/&$|\n/.test(inner.text) ? null : compound(`${inner.text} | cat`, inner.posix)),
];
