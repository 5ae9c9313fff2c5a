import { ACTIONS } from './actions.ts';
import { type Filled, type Template, type Tricks, fill, needs } from './commands.ts';
import { type Dice, dice } from '../../helpers/dice.ts';
import { HARMLESS, REMARKS } from './harmless.ts';
import { embedded, encoded, handed } from './hiding.ts';
import { type Fragment, compound } from './quoting.ts';
import { STRUCTURES, type Wrapper, end, prefixed } from './structure.ts';
import { held } from './variables.ts';

export interface Line {
  readonly text: string;
  readonly kind: 'dangerous' | 'harmless' | 'hidden harmless';
}

const available = (templates: readonly Template[], programs: ReadonlySet<string>): Template[] =>
  templates.filter((template) => needs(template).every((name) => !KNOWN.test(name) || programs.has(name)));

/** Programs that not every machine has; the rest are builtins or always there. */
const KNOWN =
  /^(curl|openssl|xxd|script|rsync|zip|vim|patch|python3|perl|node|fallocate|iconv|file|git|awk|sed)$/;

/** Goes to a folder first, from where the paths of the line mean the same. */
const MOVED: readonly Wrapper[] = [
  (inner) => compound(`cd /tmp; cd "$OLDPWD"; ${inner.text}`, inner.posix),
  (inner) => compound(`cd src && cd ..; ${inner.text}`, inner.posix),
  (inner) => compound(`pushd src > /dev/null; popd > /dev/null; ${inner.text}`, false),
  (inner) => compound(`cd / && cd w/root && ${inner.text}`, inner.posix),
  (inner) => compound(`(cd /tmp); ${inner.text}`, inner.posix),
  (inner) => compound(`cd ~ ; cd - > /dev/null; { ${inner.text}${end(inner)}}`, inner.posix),
];

const moved: Wrapper = (inner, d) => (/<<|\n/.test(inner.text) ? null : d.pick(MOVED)(inner, d));
const structured: Wrapper = (inner, d) => d.pick(STRUCTURES)(inner, d);

const PLAIN: readonly Wrapper[] = [prefixed, structured, structured, moved];
const HIDING: readonly Wrapper[] = [
  prefixed,
  prefixed,
  structured,
  structured,
  structured,
  handed,
  handed,
  handed,
  embedded,
  encoded,
  moved,
];

function wrap(start: Fragment, wrappers: readonly Wrapper[], layers: number, d: Dice): Fragment {
  let fragment = start;
  for (let layer = 0; layer < layers; layer++) {
    const next = d.pick(wrappers)(fragment, d);
    if (next !== null && next.text.length < 4000) fragment = next;
  }
  return fragment;
}

const holding = ({ fragment, words }: Filled, d: Dice, share: number): Fragment =>
  (words !== null && d.chance(share) ? held(words, d) : null) ?? fragment;

const layersOf = (d: Dice): number => d.pick([0, 0, 1, 1, 1, 2, 2, 3]);

function dangerous(d: Dice, programs: ReadonlySet<string>): Line {
  const kind = d.pick([
    'DELETING',
    'DELETING',
    'DELETING',
    'OVERWRITING',
    'OVERWRITING',
    'OVERWRITING',
    'GIT',
    'EXECUTING',
    'OTHER',
  ]);
  const tricks: Tricks = { words: d.pick([0, 0, 0.1, 0.4]), paths: d.pick([0, 0.3, 1]) };
  const template = d.pick(available(ACTIONS[kind] ?? [], programs));
  const start = holding(fill(template, d, tricks), d, 0.25);
  return { text: wrap(start, HIDING, layersOf(d), d).text, kind: 'dangerous' };
}

function harmless(d: Dice, programs: ReadonlySet<string>): Line {
  const hidden = d.chance(0.2);
  const filled = fill(d.pick(available(HARMLESS, programs)), d, { words: hidden ? 0.2 : 0, paths: 0 });
  if (hidden)
    return { text: wrap(holding(filled, d, 0.5), HIDING, 1 + layersOf(d), d).text, kind: 'hidden harmless' };
  const { text } = wrap(filled.fragment, PLAIN, d.pick([0, 0, 1, 1, 2]), d);
  return { text: d.chance(0.1) ? text + d.pick(REMARKS) : text, kind: 'harmless' };
}

/** The line that stands at this place of this seed's row, made of what the machine has. */
export function line(seed: number, index: number, programs: ReadonlySet<string>): Line {
  const d = dice(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  return d.chance(0.75) ? dangerous(d, programs) : harmless(d, programs);
}
