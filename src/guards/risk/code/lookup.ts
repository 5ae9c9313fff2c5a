import type { Machine } from './machine.ts';
import { HOME, PLACES } from './pure/places.ts';
import { characters, choice, list, named, numberOf, text, textOf, UNKNOWN, type Value } from './value.ts';

/** Names that hold everything, so that a name computed from them may be any function. */
const HOLDERS =
  /^(?:__COMPUTED__|globalThis|global|window|self|this|process|module|require|globals\(\)|locals\(\)|vars\(\)|builtins|__builtins__|Kernel|Object|_G|_ENV|sys\.modules)$/;
/** A name of more characters is no function that anybody knows. */
export const LONGEST = 200;
export const COMPUTED = '?computed';

/** The global name without what may stand before every one. */
export function canonical(m: Machine, name: string): string {
  let plain = name
    .replaceAll('::', '.')
    .replaceAll('\\', '.')
    .replace(/^[&.]+/, '');
  if (m.language === 'php' && !plain.includes('.')) plain = plain.toLowerCase();
  for (;;) {
    const dot = plain.indexOf('.');
    if (dot === -1 || !m.traits.globals.has(plain.slice(0, dot))) return plain;
    plain = plain.slice(dot + 1);
  }
}

/** Perl writes one variable with several signs. */
export const variableKey = (m: Machine, name: string): string =>
  m.language === 'perl'
    ? name
        .replace(/^&+(?=\$)/, '')
        .replace(/^[@%]+(?=[\w:])|^\$(?=\$)/, '$')
        .replace(/^\$\{/, '$')
    : name;

export function variable(m: Machine, name: string): Value {
  const key = variableKey(m, name);
  m.place = key;
  const held = m.variables.get(key);
  if (held !== undefined) return held;
  if (key === '$ENV') return named(key);
  if (/^[$@%]/.test(key)) return place(m, key) ?? UNKNOWN;
  return place(m, key) ?? named(canonical(m, key));
}

/** A name whose value the machine gives: arguments, the home folder, separators. */
function place(m: Machine, name: string): Value | undefined {
  const places = PLACES[m.language];
  const fixed = places !== undefined && Object.hasOwn(places, name) ? places[name] : undefined;
  if (fixed === undefined) return undefined;
  if (fixed !== 'ARGS') return text(fixed);
  const known = m.args.map((arg) => (arg === null ? UNKNOWN : text(arg)));
  const first =
    m.language === 'python' || m.language === 'javascript' || m.language === 'php' ? [UNKNOWN] : [];
  return list([...first, ...known]);
}

export function member(m: Machine, value: Value, name: string, key: string | null): Value {
  const assigned = key === null ? undefined : m.variables.get(key);
  if (assigned !== undefined) return assigned;
  if (value.kind === 'record') return value.entries.get(name) ?? named(`?.${name}`, value);
  if (value.kind === 'choice') return choice(value.of.map((one) => member(m, one, name, null)));
  if (value.kind !== 'named') return named(`?.${name}`, value);
  if (value.name.length > LONGEST) return UNKNOWN;
  const whole = canonical(m, `${value.name}.${name}`);
  return place(m, whole) ?? named(whole, value);
}

export function indexed(m: Machine, value: Value, key: Value): Value {
  if (value.kind === 'choice') return choice(value.of.map((one) => indexed(m, one, key)));
  if (key.kind === 'list') return sliced(value, key.items);
  const name = textOf(key);
  if (value.kind === 'list' || value.kind === 'text') {
    const at = numberOf(key);
    const items = value.kind === 'list' ? value.items : characters(value.text);
    if (at !== null) return items.at(at < 0 ? at : at - m.traits.firstIndex) ?? UNKNOWN;
    return name === null || m.language !== 'javascript' ? UNKNOWN : member(m, value, name, null);
  }
  if (value.kind === 'record') return name === null ? UNKNOWN : (value.entries.get(name) ?? UNKNOWN);
  if (value.kind !== 'named') return name === null ? UNKNOWN : named(`?.${name}`, value);
  if (value.name === COMPUTED) return value;
  if (value.name === 'Dir' && name !== null) return list([key]);
  if (name === null)
    return HOLDERS.test(value.name) || m.variables.has(value.name) ? named(COMPUTED) : UNKNOWN;
  if (/environ$|^ENV$|\.env$|getenv/.test(value.name) || value.name === '$ENV')
    return /^(?:HOME|USERPROFILE)$/.test(name) ? text(HOME) : UNKNOWN;
  // `sys.modules['os']`, `globals()['os']`, `_G['os']`: the name itself.
  if (value.name === 'sys.modules' || m.traits.globals.has(value.name) || value.name.endsWith('__dict__'))
    return named(canonical(m, value.name.endsWith('.__dict__') ? `${value.name.slice(0, -8)}${name}` : name));
  return member(m, value, name, null);
}

function sliced(value: Value, parts: readonly Value[]): Value {
  if (value.kind !== 'text' && value.kind !== 'list') return UNKNOWN;
  const [start = UNKNOWN, stop = UNKNOWN, step] = parts;
  const stride = step === undefined || step.kind === 'unknown' ? 1 : numberOf(step);
  if (stride === null || stride === 0) return UNKNOWN;
  const items = value.kind === 'text' ? characters(value.text) : [...value.items];
  const from = numberOf(start) ?? undefined;
  const to = numberOf(stop) ?? undefined;
  const taken =
    stride > 0 ? items.slice(from, to) : (from === undefined && to === undefined ? items : []).toReversed();
  const picked = taken.filter((_, index) => index % Math.abs(stride) === 0);
  return value.kind === 'list' ? list(picked) : text(picked.map((item) => textOf(item) ?? '').join(''));
}

/** What going through the value gives, one after the other; null where that cannot be known. */
export function itemsOf(value: Value | undefined): readonly Value[] | null {
  if (value === undefined) return null;
  if (value.kind === 'list') return value.items;
  if (value.kind === 'text') return characters(value.text);
  // Each that a container engine's client lists is one that could have been got by its name, whatever that is.
  if (value.kind === 'named' && LISTED.test(value.name))
    return [named(value.name.replace(/list\(\)$/, 'get()'), null, [UNKNOWN])];
  return null;
}

const LISTED = /\b(?:containers|volumes|images|networks)\.list\(\)$/;
