import type { Dice } from '../../helpers/dice.ts';
import { type Fragment, compound, single } from './quoting.ts';

/** Ways to keep the words of a command apart from where they are run; each word is quoted by itself already. */
type Way = (words: readonly string[], name: string, rest: string, dice: Dice) => Fragment | null;

const bash = (text: string): Fragment => compound(text, false);
const posix = (text: string): Fragment => compound(text, true);
const isBare = (word: string): boolean => /^[\w./=+-]+$/.test(word);

/** Each word after the first in a variable of its own, where neither patterns nor braces would be expanded. */
const assigned = (words: readonly string[]): string =>
  words
    .slice(1)
    .map((word, i) => `v${i}=${word}; `)
    .join('');

const bare =
  (way: Way): Way =>
  (words, name, rest, dice) =>
    words.every(isBare) && name.length > 1 ? way(words, name, rest, dice) : null;

const WAYS: readonly Way[] = [
  (words) => bash(`step=(${words.join(' ')}); "\${step[@]}"`),
  (words) => bash(`step=(); step+=(${words.join(' ')}); \${step[@]}`),
  (words) => bash(`step=(no ${words.join(' ')}); "\${step[@]:1}"`),
  (words) => posix(`set -- ${words.join(' ')}; "$@"`),
  (words) => posix(`set -- no ${words.join(' ')}; shift; "$@"`),
  (words) => posix(`run() { "$@"; }; run ${words.join(' ')}`),
  (words) => posix(`run() { shift; command "$@"; }; run no ${words.join(' ')}`),
  (words) => posix(`bash -c '"$@"' _ ${words.join(' ')}`),
  (_, name, rest) => posix(`do=${name}; $do ${rest}`),
  (_, name, rest) => posix(`do=${name}; "$do" ${rest}`),
  (_, name, rest) => posix(`do=${name} && \${do} ${rest}`),
  (_, name, rest) => posix(`\${do:-${name}} ${rest}`),
  (_, name, rest) => posix(`: "\${do:=${name}}"; $do ${rest}`),
  (_, name, rest) => posix(`\${HOME:+${name}} ${rest}`),
  (_, name, rest) => posix(`$(echo ${name}) ${rest}`),
  (_, name, rest) => posix(`"$(printf %s ${name})" ${rest}`),
  (_, name, rest) => bash(`printf -v do %s ${name}; $do ${rest}`),
  (_, name, rest) => bash(`read -r do <<< ${name}; $do ${rest}`),
  (_, name, rest) => bash(`do=${name}; via=do; \${!via} ${rest}`),
  (_, name, rest) => bash(`declare -n via=do; do=${name}; $via ${rest}`),
  (_, name, rest) => bash(`do=x${name}x; do=\${do#x}; \${do%x} ${rest}`),
  (_, name, rest) => bash(`do=no${name}; \${do:2} ${rest}`),
  (_, name, rest) => posix(`set -- a ${name}; $2 ${rest}`),
  (_, name, rest) => posix(`set -- a ${name}; shift; "$1" ${rest}`),
  (_, name, rest) => bash(`do=([3]=${name}); "\${do[3]}" ${rest}`),
  (_, name, rest) => bash(`declare -A do=([it]=${name}); "\${do[it]}" ${rest}`),
  (_, name, rest) => posix(`for do in ${name}; do $do ${rest}; done`),
  (_, name, rest) => posix(`echo ${name} | while read -r do; do $do ${rest}; done`),
  (_, name, rest) => bash(`shopt -s expand_aliases\nalias it=${name}\nit ${rest}`),
  (_, name, rest) => posix(`it() { ${name} "$@"; }; it ${rest}`),
  (words, name) =>
    posix(
      `${assigned(words)}${name} ${words
        .slice(1)
        .map((_, i) => `"\${v${i}}"`)
        .join(' ')}`,
    ),
  bare((words) => bash(`{${words.join(',')}}`.replace(/^\{([^,]*)\}$/, '$1'))),
  bare((words) => bash(`IFS=,; step=${words.join(',')}; $step`)),
  bare((words) => bash(`IFS=: read -ra step <<< ${words.join(':')}; "\${step[@]}"`)),
  bare((words) => bash(`read -ra step <<< "${words.join(' ')}"; "\${step[@]}"`)),
  bare((words) => posix(`step="${words.join(' ')}"; $step`)),
  bare((words) => posix(`$(echo ${words.join(' ')})`)),
  bare((words) => posix(`echo ${words.slice(1).join(' ')} | xargs ${words[0] ?? ''}`)),
  bare((words) => posix(words.join('${IFS}'))),
  bare((_, name, rest) => bash(`do=${name.replace(/.$/, '_$&')}; \${do//_/} ${rest}`)),
  bare((_, name, rest) => bash(`do=${name.replace(/^./, '@')}; \${do/@/${name.slice(0, 1)}} ${rest}`)),
  bare((_, name, rest) => bash(`do=${name.toUpperCase()}; \${do,,} ${rest}`)),
  bare((_, name, rest) => posix(`a=${name.slice(0, 1)}; b=${name.slice(1)}; $a$b ${rest}`)),
  bare((_, name, rest) => posix(`a=${name.slice(0, 1)}; \${a}${name.slice(1)} ${rest}`)),
  bare((_, name, rest) => bash(`a=${name.slice(0, 1)}; a+=${name.slice(1)}; $a ${rest}`)),
  bare((_, name, rest) =>
    bash(`do='\\x${name.charCodeAt(0).toString(16)}${name.slice(1)}'; \${do@E} ${rest}`),
  ),
  bare((_, name, rest) => bash(`$(printf '\\x${name.charCodeAt(0).toString(16)}${name.slice(1)}') ${rest}`)),
  bare((_, name, rest) =>
    /^[a-z]+$/.test(name) ? bash(`/usr/bin/${name.slice(0, -1)}[${name.slice(-1)}] ${rest}`) : null,
  ),
  bare((words) => posix(`eval ${words.map((w) => single(w)).join(' ')}`)),
];

/** The same command with its words, or its name, held in variables, arrays, functions or parameters. */
export function held(words: readonly string[], dice: Dice): Fragment | null {
  const [name] = words;
  if (name === undefined || words.some((word) => /^(\(|\)|`)$/.test(word))) return null;
  return dice.pick(WAYS)(words, name, words.slice(1).join(' '), dice);
}
