import type { CallEntry } from '../../../registry/call-entry.ts';
import { hide, type Findings } from './machine.ts';
import { alternatives, textOf, type Named, type Value } from './value.ts';

const EVIDENCE = 200;
const TEXTS = 64;
const STREAMED = new Set(['read', 'write']);

/** Notes what a call does, as its entry says. */
export function report(
  m: Findings,
  entry: CallEntry,
  callee: Named,
  args: readonly Value[],
  evidence: string,
): void {
  const options = args.at(-1);
  const named = options?.kind === 'record' ? options.entries : null;
  if (entry.on !== undefined && !entry.on.test(callee.name)) return;
  if (entry.when !== undefined && !holds(entry.when, callee, args)) return;
  const picked = entry.text.flatMap((selector) => pick(selector, callee, args));
  const texts = picked
    .flatMap(flat)
    .slice(0, TEXTS)
    .map((one) => trimmed(one, entry));
  // A number stands for a stream that is open already.
  if (STREAMED.has(entry.kind) && picked.length > 0 && picked.every((one) => one.kind === 'number')) return;
  if (entry.known && !texts.some((one) => one !== null)) return;
  if (entry.kind === 'hidden' || (entry.kind === 'code' && !texts.some((one) => one !== null)))
    return hide(m, `what ${callee.name} runs cannot be known`);
  const recursive =
    typeof entry.recursive === 'string' ? isSet(named?.get(entry.recursive)) : entry.recursive;
  if (entry.as.length > 0) {
    const name = callee.name.slice(callee.name.lastIndexOf('.') + 1);
    const words = entry.as.map((word) => (word === '{name}' ? name : word));
    return add(m, { kind: 'command', texts: [...words, ...texts], recursive, evidence });
  }
  if (entry.kind !== 'run')
    return add(m, { kind: entry.kind, texts: texts.length === 0 ? [null] : texts, recursive, evidence });
  const isLine = picked.length === 1 && (picked[0]?.kind !== 'list' || isSet(named?.get('shell')));
  const known = texts.length === 0 ? [null] : texts;
  if (!isLine) return add(m, { kind: 'command', texts: known, recursive, evidence });
  for (const line of picked[0]?.kind === 'list' ? known.slice(0, 1) : known)
    add(m, { kind: 'shell', texts: [line], recursive, evidence });
}

export function add(m: Findings, finding: Findings['findings'][number]): void {
  const { kind, texts, recursive } = finding;
  const evidence = finding.evidence.slice(0, EVIDENCE);
  const same = m.findings.some(
    (one) =>
      one.kind === kind &&
      one.evidence === evidence &&
      one.texts.length === texts.length &&
      one.texts.every((text, at) => text === texts[at]),
  );
  if (!same && m.findings.length < TEXTS) m.findings.push({ kind, texts, recursive, evidence });
}

/** A text may be held in lists and alternatives; where one of them cannot be known, neither can the whole. */
function flat(value: Value): (string | null)[] {
  if (value.kind === 'choice') return alternatives(value).flatMap(flat);
  if (value.kind === 'list') return value.items.flatMap(flat);
  if (
    value.kind === 'named' &&
    /(?:Path|File|Pathname|Pathname\.new|URL|URI|URI\.parse|Request)\(\)$/.test(value.name)
  )
    return flat(value.args[0] ?? value);
  if (value.kind === 'record') return [];
  return [textOf(value)];
}

function trimmed(one: string | null, entry: CallEntry): string | null {
  return one === null || entry.trim === undefined ? one : one.replace(entry.trim, '');
}

const isSet = (value: Value | undefined): boolean => {
  if (value === undefined) return false;
  if (value.kind === 'named') return !/^(?:false|nil|none|null|undefined)$/i.test(value.name);
  return textOf(value) !== '0' && textOf(value) !== '';
};

function pick(selector: string, callee: Named, args: readonly Value[]): readonly Value[] {
  for (const one of selector.split('|')) {
    const found = pickOne(one, callee, args);
    if (found.length > 0) return found;
  }
  return [];
}

function pickOne(selector: string, callee: Named, args: readonly Value[]): readonly Value[] {
  if (selector === 'of') return receiver(callee.of);
  const index = /^(\d+)([+~]?)$/.exec(selector);
  if (index === null) {
    const options = args.at(-1);
    const value = options?.kind === 'record' ? options.entries.get(selector) : undefined;
    return value === undefined ? [] : [value];
  }
  const at = Number(index[1]);
  if (index[2] === '+') return args.slice(at).filter((arg) => arg.kind !== 'record');
  const value = args[at];
  if (value === undefined || value.kind === 'record') return [];
  return index[2] === '~' && value.kind === 'list' ? value.items.slice(1) : [value];
}

/** What the object of a method was made from: `Path('x')` from `x`. */
function receiver(of: Value | null): readonly Value[] {
  if (of === null) return [];
  if (of.kind !== 'named') return [of];
  if (of.args.length > 0) return of.args.slice(0, 1);
  return of.of === null ? [] : receiver(of.of);
}

function holds(when: NonNullable<CallEntry['when']>, callee: Named, args: readonly Value[]): boolean {
  const [value] = pick(when.arg, callee, args);
  if (value === undefined) return when.absent;
  const known = value.kind === 'choice' ? value.of.map(textOf) : [textOf(value) ?? nameOf(value)];
  return known.some((one) => (one === null ? when.unknown : when.is.test(one)));
}

const nameOf = (value: Value): string | null => (value.kind === 'named' ? value.name : null);
