import { expect, test } from 'vitest';
import { rank } from '../../../src/core/risk.ts';
import { assess } from '../../helpers/assess.ts';

/** Lines that do harm by something other than their program's plain meaning; each was once taken for harmless. */
const ASKED = [
  'sort --comp=./x a',
  'sort *',
  'find *',
  'find . $(echo -delete)',
  'find . -{delete,print}',
  'rg --pre=./x y',
  'rg "$options" y',
  'date -s +1hour',
  'hostname -s x',
  'git -c core.pager=./x log',
  "sed 'w out' a",
  "sed 's:a:b:e' a",
  "sed 's/a/b/gw out' a",
  "sed '-i .bak' s/a/b/ a",
  'sed s/a/b/ a --in-pl',
  'sed -i/etc/cron.d/x s/a/b/ a',
  "sed '/x/{w out\n}' a",
  'cd -LP /etc && rm hosts',
  'pushd -n /etc; rm hosts',
  'pushd; rm hosts',
  'cd -; cat .env',
  'CDPATH=/; cd etc && rm hosts',
  'shopt -s cdable_vars; etc=/etc; cd etc; rm hosts',
  'shopt -s nocaseglob; cat .EN?',
  'GLOBIGNORE=x; cat *',
  'set -k; sort a LD_PRELOAD=./x.so',
  'mv -t/etc a',
  'cp -at/etc a',
  'chmod u+s a',
  'chmod 4755 a',
  'declare -n r=a; echo $r',
];

test.each(ASKED)('is not let through: %s', (line) => {
  const { level, reversibility } = assess(line);
  expect(rank(level) >= rank('HIGH') || (level === 'MEDIUM' && reversibility !== 'reversible')).toBe(true);
});

/** Places in which bash evaluates a text as code. */
const EVALUATED = [
  "a='x[$(rm -rf src)]'; echo $((a))",
  'a=$(cat f); echo $((a + 1))',
  'read a < f; (( a ))',
  'for a in "$@"; do echo $((a)); done',
  "set -- 'x[$(rm y)]'; echo $(($1))",
  'echo $(( $(cat f) ))',
  "a='x[`rm y`]'; echo ${b:a}",
  "a='x[$(rm y)]'; echo ${b[a]}",
  "a='x[$(rm y)]'; b[a]=1",
  "a='x[$(rm y)]'; [[ $a -eq 1 ]]",
  "[[ -v 'x[$(rm y)]' ]]",
  'v=$(cat f); [[ -v $v ]]',
  "test -v 'x[$(rm y)]'",
  "printf -v 'x[$(rm y)]' z",
  "read 'x[$(rm y)]' <<< z",
  "unset 'x[$(rm y)]'",
  "declare 'x[$(rm y)]=1'",
  'x=\'$(rm y)\'; echo "${x@P}"',
  "x='a[$(rm y)]'; echo ${!x}",
  "a='x[$(rm y)]'; for ((i=a;;)); do :; done",
];

test.each(EVALUATED)('a text that is evaluated is not taken for harmless: %s', (line) => {
  expect(rank(assess(line).level)).toBeGreaterThanOrEqual(rank('MEDIUM'));
  expect(assess(line).reversibility).toBe('irreversible');
});

/** Everything that holds a command; the one within must be seen. */
const HOLDERS = [
  '$(@)',
  '`@`',
  'echo "$(echo "$(@)")"',
  'echo `echo \\`@\\``',
  'cat <(@)',
  'echo > >(@)',
  'x=$(@)',
  'x=($(@))',
  'x[$(@)]=1',
  'X=$(@) ls',
  'declare x=$(@)',
  'echo ${x:-$(@)}',
  'echo "${x:-$(@)}"',
  'echo ${x/$(@)/y}',
  'echo ${x[$(@)]}',
  'echo $(( $(@) ))',
  '(( x = $(@) ))',
  'echo $[ $(@) ]',
  '[[ $(@) ]]',
  '[[ a =~ $(@) ]]',
  'case $(@) in x) ;; esac',
  'case x in $(@)) ;; esac',
  'case x in x) @ ;; esac',
  'for i in $(@); do :; done',
  'for i in 1; do @; done',
  'while @; do :; done',
  'until @; do :; done',
  'for ((i=$(@);;)); do :; done',
  'select x in 1; do @; done',
  'f() { @; }; f',
  'function f { @; }; f',
  'coproc @',
  'time @',
  '! @',
  '@ &',
  'ls | @',
  'ls || @',
  'cat <<EOF\n$(@)\nEOF',
  'cat <<< "$(@)"',
  'echo {a,$(@)}',
  "trap '@' EXIT",
  "eval '@'",
  'ls\n@',
];

test.each(HOLDERS)('a command is seen inside %s', (holder) => {
  expect(rank(assess(holder.replace('@', 'rm -rf src')).level)).toBeGreaterThanOrEqual(rank('HIGH'));
});
