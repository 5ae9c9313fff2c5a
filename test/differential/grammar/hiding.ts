import { gzipSync } from 'node:zlib';
import type { Dice } from '../../helpers/dice.ts';
import { type Fragment, ansi, compound, quoted, single } from './quoting.ts';
import type { Wrapper } from './structure.ts';

/** A shell that understands the fragment. */
const shellFor = (inner: Fragment, dice: Dice): string =>
  inner.posix ? dice.pick(['sh', 'bash', 'dash', '/bin/sh']) : dice.pick(['bash', '/bin/bash', 'env bash']);

/** Code handed to a shell as one word. */
type Handing = (code: string, shell: string, inner: Fragment) => Fragment;

const HANDINGS: readonly Handing[] = [
  (code, shell) => ({ text: `${shell} -c ${code}`, simple: true, posix: true }),
  (code, shell) => ({ text: `${shell} -ec ${code} name`, simple: true, posix: true }),
  (code, shell) => ({ text: `${shell} -c 'eval "$1"' _ ${code}`, simple: true, posix: true }),
  (code, _, { posix }) => compound(`eval ${code}`, posix),
  (code, _, { posix }) => compound(`command eval ${code}`, posix),
  (code) => compound(`builtin eval ${code}`, false),
  (code, shell) => compound(`${shell} <<< ${code}`, false),
  (code, shell) => compound(`echo x | ${shell} -c ${code}`, true),
  (code) => compound(`source <(printf '%s\\n' ${code})`, false),
  (code) => compound(`. /dev/stdin <<< ${code}`, false),
  (code, shell) => compound(`printf %s ${code} | ${shell}`, true),
  (code, shell) => compound(`printf '%s\\n' ${code} | ${shell} -s`, true),
  (code, shell) => compound(`${shell} <(printf %s ${code})`, false),
  (code, shell) => compound(`printf %s ${code} > /tmp/step.sh; ${shell} /tmp/step.sh`, true),
  (code, shell) => compound(`printf %s ${code} > step.sh && ${shell} ./step.sh`, true),
  (code, _, { posix }) => compound(`printf %s ${code} > /tmp/step.sh; . /tmp/step.sh`, posix),
  (code) => compound(`printf '#!/bin/bash\\n%s\\n' ${code} > run.sh; chmod +x run.sh; ./run.sh`, true),
  (code, _, { posix }) => compound(`trap ${code} EXIT`, posix),
  (code, _, { posix }) => compound(`trap -- ${code} 0; true`, posix),
  (code) => compound(`trap ${code} DEBUG; trap - DEBUG`, false),
  (code, _, { posix }) => compound(`trap ${code} USR1; kill -USR1 $$; trap - USR1`, posix),
  (code) => compound(`shopt -s expand_aliases\nalias work=${code}\nwork`, false),
  (code, _, { posix }) => compound(`step=${code}; eval "$step"`, posix),
  (code, shell) => compound(`step=${code}; ${shell} -c "$step"`, true),
  (code, shell) => compound(`export STEP=${code}; ${shell} -c 'eval "$STEP"'`, true),
  (code, shell) => compound(`STEP=${code} ${shell} -c 'eval "$STEP"'`, true),
  (code, shell) => compound(`set -- ${code}; ${shell} -c "$1"`, true),
  (code) => compound(`steps=(true ${code}); eval "\${steps[1]}"`, false),
  (code) => compound(`declare -A steps=([go]=${code}); eval "\${steps[go]}"`, false),
  (code) => compound(`printf -v step %s ${code}; eval "$step"`, false),
  (code) => compound(`IFS= read -r -d '' step <<< ${code}; eval "$step"`, false),
  (code) => compound(`step=${code}; name=step; eval "\${!name}"`, false),
  (code) => compound(`step=${code}; declare -n other=step; eval "$other"`, false),
  (code) => compound(`work() { eval "$1"; }; work ${code}`, true),
  (code) => compound(`work() { local step=$2; eval "$step"; }; work no ${code}`, false),
  (code) => compound(`work() { shift; eval "$@"; }; work no ${code}`, true),
  (code) => compound(`for step in ${code}; do eval "$step"; done`, true),
  (code) => compound(`mapfile -t steps <<< ${code}; printf '%s\\n' "\${steps[@]}" | bash`, false),
  (code, shell) => compound(`step=${code}; echo "$step" | ${shell}`, false),
  (code, shell) => compound(`cat <(printf %s ${code}) | ${shell}`, false),
  (code, shell) => compound(`printf %s ${code} | xargs -0 ${shell} -c`, true),
  (code, shell) => compound(`printf %s ${code} | xargs -0 -I STEP ${shell} -c STEP`, true),
  (code, shell) => compound(`find README.md -exec ${shell} -c ${code} \\;`, true),
  (code, shell) => ({ text: `flock /tmp/scratch.txt ${shell} -c ${code}`, simple: true, posix: true }),
  (code) => ({ text: `flock /tmp/scratch.txt -c ${code}`, simple: true, posix: true }),
  (code) => ({ text: `perl -e 'system("bash", "-c", $ARGV[0])' ${code}`, simple: true, posix: true }),
  (code) => compound(`STEP=${code} python3 -c 'import os; os.system("bash -c \\"$STEP\\"")'`, true),
  (code) => ({ text: `perl -e 'exec @ARGV' bash -c ${code}`, simple: true, posix: true }),
];

/** Code within the text of another language, or in a document. */
const EMBEDDED: readonly Wrapper[] = [
  (inner, dice) => heredoc(inner, shellFor(inner, dice)),
  (inner, dice) => heredoc(inner, `${shellFor(inner, dice)} -s`),
  (inner) => heredoc(inner, 'cat > /tmp/doc.sh', '\nbash /tmp/doc.sh'),
  (inner, dice) => heredoc(inner, `cat`, '', ` | ${shellFor(inner, dice)}`),
  (inner) => script(inner, (code) => `python3 -c ${single(`import os; os.system(${code})`)}`),
  (inner) =>
    script(inner, (code) => `python3 -c ${single(`import subprocess as s\ns.call(${code}, shell=True)`)}`),
  (inner) => script(inner, (code) => `node -e ${single(`require('child_process').execSync(${code})`)}`),
  (inner) => script(inner, (code) => `awk ${single(`BEGIN { system(${code}) }`)}`),
  (inner) =>
    /[$@]/.test(inner.text) ? null : script(inner, (code) => `perl -e ${single(`system(${code})`)}`),
  (inner) => script(inner, (code) => `python3 <<'PY'\nimport os\nos.system(${code})\nPY\n`),
  (inner) => (/\n|\$|#/.test(inner.text) || !inner.posix ? null : make(inner)),
  (inner) =>
    /\n/.test(inner.text) ? null : compound(`git -c alias.step=${single(`!${inner.text}`)} step`, true),
  (inner) =>
    /[\n$'"\\]/.test(inner.text) || !inner.simple
      ? null
      : { text: `env -S "${inner.text}"`, simple: true, posix: true },
];

function heredoc(inner: Fragment, before: string, after = '', same = ''): Fragment | null {
  return inner.text.includes('EOF')
    ? null
    : compound(`${before} <<'EOF'${same}\n${inner.text}\nEOF${after}\n`, true);
}

/** The languages agree with JSON on how a text without controls is written. */
function script(inner: Fragment, wrap: (code: string) => string): Fragment | null {
  if (!inner.posix || /[^\n\x20-\x7e]/.test(inner.text)) return null;
  return { text: wrap(JSON.stringify(inner.text)), simple: !inner.text.includes('PY'), posix: true };
}

const make = (inner: Fragment): Fragment =>
  compound(`printf 'all:\\n\\t@%s\\n' ${single(inner.text)} | make -sf -`, true);

const byLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.split('').toReversed().join(''))
    .join('\n');

const rot13 = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (c) =>
    String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13)),
  );

const numbers = (text: string): string =>
  [...Buffer.from(text)].map((code) => `\\${code.toString(8).padStart(3, '0')}`).join('');

/** Pipelines that print the code. */
const ENCODINGS: readonly ((code: string, dice: Dice) => string)[] = [
  (code, d) => `echo ${Buffer.from(code).toString('base64')} | base64 ${d.pick(['-d', '--decode', '-di'])}`,
  (code) => `base64 -d <<< ${Buffer.from(code).toString('base64')}`,
  (code) => `printf %s ${Buffer.from(code).toString('base64')} | openssl base64 -d -A`,
  (code) => `echo ${Buffer.from(code).toString('hex')} | xxd -r -p`,
  (code) => `printf %s ${single(byLine(code))} | rev`,
  (code) => `echo ${gzipSync(code).toString('base64')} | base64 -d | gzip -dc`,
  (code) => `printf %s ${gzipSync(code).toString('base64')} | base64 -d | zcat`,
  (code) => `printf '${numbers(code)}'`,
  (code, d) => `printf %s ${ansi(code, d, 1)}`,
  (code) => `printf '%b' '${numbers(code).replaceAll('\\', '\\0')}'`,
  (code) => `echo -e '${Buffer.from(code).toString('hex').replaceAll(/../g, '\\x$&')}'`,
  (code) => `printf %s ${single(rot13(code))} | tr 'A-Za-z' 'N-ZA-Mn-za-m'`,
  (code) => `printf %s ${single(code.replaceAll('r', '@@'))} | sed 's/@@/r/g'`,
  (code) => `printf '%s\\n' ${single(code.split('\n').toReversed().join('\n'))} | tac`,
  (code) =>
    `python3 -c 'import base64; print(base64.b64decode("${Buffer.from(code).toString('base64')}").decode())'`,
  (code) => `perl -e 'print pack "H*", "${Buffer.from(code).toString('hex')}"'`,
];

const READERS: readonly ((printing: string, shell: string) => Fragment)[] = [
  (printing, shell) => compound(`${printing} | ${shell}`, false),
  (printing, shell) => compound(`${printing} | ${shell} -s -- x`, false),
  (printing) => compound(`eval "$(${printing})"`, false),
  (printing, shell) => compound(`${shell} -c "$(${printing})"`, false),
  (printing) => compound(`source <(${printing})`, false),
  (printing, shell) => compound(`${shell} <(${printing})`, false),
  (printing, shell) => compound(`${shell} <<< "$(${printing})"`, false),
  (printing) => compound(`step=$(${printing}); eval "$step"`, false),
  (printing, shell) => compound(`${printing} > /tmp/made.sh; ${shell} /tmp/made.sh`, false),
  (printing) => compound(`eval "\`${printing.replaceAll(/[\\`$]/g, '\\$&')}\`"`, false),
];

export const handed: Wrapper = (inner, dice) =>
  dice.pick(HANDINGS)(quoted(inner.text, dice, true).text, shellFor(inner, dice), inner);

export const embedded: Wrapper = (inner, dice) => dice.pick(EMBEDDED)(inner, dice);

export const encoded: Wrapper = (inner, dice) => {
  if (/[^\n\x20-\x7e]/.test(inner.text) || inner.text.length > 600) return null;
  const printing = dice.pick(ENCODINGS)(inner.text, dice);
  const reader = printing.includes("'") || printing.includes('"') ? READERS.slice(0, -1) : READERS;
  return dice.pick(reader)(printing, shellFor(inner, dice));
};
