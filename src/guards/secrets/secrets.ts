import { isInside } from '../../core/inside.ts';
import type { SecretText, SecretsView, Span } from '../../core/secrets.ts';
import { MASK } from '../../core/secrets.ts';
import type { KeyedDigest } from '../../store/digest-key.ts';
import type { PlantedStore } from '../../store/planted.ts';
import { assignedSpans, isSecretName } from './assigned.ts';
import { keySpans, wordSpans } from './formats.ts';
import { type KnownValue, knownValues } from './known.ts';
import { looksRandom } from './random.ts';
import { masked, merged } from './spans.ts';
import { secretVariables, valuesOf } from './values-of.ts';

const MOST_KNOWN = 3000;
const MOST_HEARD = 500;
/** A value of many strings is redacted by one look at the files. */
const FRESH_MS = 20;
/** What stands before and after a part of a text that is looked at with it. */
const AROUND = 65_536;
/** Nothing of it could be a command, an address or a path. */
const NO_COMMAND = /^[A-Za-z0-9_+=-]+$/;
const isHarmless = ({ text }: KnownValue): boolean => NO_COMMAND.test(text) && looksRandom(text);

/** What takes secrets out of a text. */
export interface Masks {
  text(text: string): string;
  /** A text that stands under a name: masked whole where the name says that it is a secret. */
  value(name: string, text: string): string;
  /** Every string inside a JSON value. */
  redact<T>(value: T): T;
}

/** All that is known of secrets, and what takes them out of what is returned. */
export interface Secrets extends SecretsView, Masks {
  /** For the record: words that an agent has put into a file of secrets by itself are no secrets there. */
  readonly recorded: Masks;
  /** For a person who decides: only values that a person has set, each with its length. */
  shown(text: string): string;
  /** Knows the files of secrets below these folders from now on. */
  watch(roots: readonly string[]): void;
  /** Learns what somebody writes into a file of secrets, before it is on record. */
  hear(text: string): void;
  /** Values that are known now and that no agent has put there. */
  known(): ReadonlySet<string>;
  /** What stands in these files now, and was not known before, is an agent's own choice of words. */
  planted(paths: readonly string[], before: ReadonlySet<string>): void;
}

export interface SecretsSource {
  readonly env: NodeJS.ProcessEnv;
  /** Names of variables that a person lists. */
  readonly variables: readonly string[];
  /** Files that a person lists; what stands in those outside the roots is never an agent's. */
  readonly listed: readonly string[];
  /** The files of secrets in some roots, and those listed, as they stand now; the same array where nothing has changed. */
  readonly files: (roots: readonly string[], anew: boolean) => readonly SecretText[];
  /** Some files as they stand, whatever they hold. */
  readonly read: (paths: readonly string[]) => readonly SecretText[];
  readonly planted: PlantedStore;
  /** Of the fingerprints: by it nobody can try what a short secret may be. */
  readonly digest: KeyedDigest;
}

export function openSecrets(source: SecretsSource): Secrets {
  const { env, variables, listed, files, digest } = source;
  const own = secretVariables(env, variables);
  const heard: KnownValue[] = [];
  let seen: readonly SecretText[] | null = null;
  let find: (text: string) => Span[] = () => [];
  let findRecorded = find;
  let findShown = find;
  let [mine, version]: [ReadonlySet<string>, number] = [new Set(), -1];

  const roots = new Set<string>();
  let looked = -Infinity;

  const refresh = (anew = false): void => {
    if (!anew && performance.now() - looked < FRESH_MS) return;
    const now = files([...roots], anew);
    const numbered = source.planted.version();
    looked = performance.now();
    if (now === seen && numbered === version) return;
    [seen, version] = [now, numbered];
    const held = (texts: readonly SecretText[]): KnownValue[] => texts.flatMap(({ text }) => valuesOf(text));
    // What a person lists and an agent can write to may be the agent's as well.
    const isPersons = ({ path }: SecretText): boolean =>
      listed.includes(path) && ![...roots].some((root) => isInside(path, root));
    const persons = [...own, ...held(now.filter(isPersons))].filter(({ keep }) => keep === undefined);
    const found = held(now.filter((file) => !isPersons(file)));
    const planted = source.planted.all();
    const theirs = found.filter(({ text }) => !planted.has(digest(text)));
    const harmless = found.filter((value) => value.keep === undefined && isHarmless(value));
    mine = new Set([...persons, ...theirs].map(({ text }) => text));
    find = knownValues([...persons, ...found, ...heard].slice(0, MOST_KNOWN));
    findRecorded = knownValues([...persons, ...theirs, ...harmless, ...heard].slice(0, MOST_KNOWN));
    // A file in a root may be the agent's: it could call a program a secret, to have it hidden from the person.
    findShown = knownValues(persons.slice(0, MOST_KNOWN));
  };

  const hear = (written: string): void => {
    // Before anybody has agreed to it: an agent must not be able to have words of its choice kept out of the record.
    learn(valuesOf(written).filter((value) => value.keep !== undefined || isHarmless(value)));
  };
  const learn = (values: readonly KnownValue[]): void => {
    const fresh = values.filter(({ text }) => !heard.some((one) => one.text === text));
    if (fresh.length === 0) return;
    heard.push(...fresh);
    heard.splice(0, heard.length - MOST_HEARD);
    [seen, looked] = [null, -Infinity];
  };

  const spansBy =
    (known: () => typeof find) =>
    (text: string): Span[] => {
      refresh();
      return merged([...wordSpans(text), ...keySpans(text), ...assignedSpans(text), ...known()(text)]);
    };
  const spans = spansBy(() => find);

  return {
    spans,
    ...masks(spans),
    recorded: masks(spansBy(() => findRecorded)),
    part(whole, from, to) {
      const [start, end] = [Math.max(0, from - AROUND), Math.min(whole.length, to + AROUND)];
      const near = whole.slice(start, end);
      return masked(near, spans(near), from - start, to - start);
    },
    shown(plain) {
      refresh();
      // Nor by its shape: what begins like a vendor's token can be a program in base64.
      const known = merged(findShown(plain));
      return masked(plain, known, 0, plain.length, (length) => `[a secret of ${length} characters]`);
    },
    watch(folders) {
      for (const folder of folders) roots.add(folder);
      looked = -Infinity;
    },
    hear,
    notice(shown) {
      const lines = keySpans(shown).flatMap(({ start, end }) => shown.slice(start, end).split('\n'));
      learn(lines.filter((line) => looksRandom(line.trim())).map((line) => ({ text: line.trim() })));
    },
    fingerprint: (content) => digest(content).slice(0, 12),
    known() {
      refresh(true);
      return mine;
    },
    planted(paths, before) {
      const values = source.read(paths).flatMap(({ text }) => valuesOf(text));
      const fresh = new Set(values.map(({ text }) => text).filter((text) => !before.has(text)));
      if (fresh.size > 0) source.planted.add([...fresh].map((text) => digest(text)));
    },
  };
}

/** Words of a command line, in which an option's value stands apart from its name. */
const isLine = (given: readonly unknown[]): given is string[] =>
  given.every((word) => typeof word === 'string') && given.some((word) => /^--?[\w-]+$/.test(word));

function masks(spans: (text: string) => Span[]): Masks {
  const text = (plain: string): string => (plain.length < 4 ? plain : masked(plain, spans(plain)));
  const value = (name: string, plain: string): string => (isSecretName(name) ? MASK : text(plain));
  const words = (line: readonly string[]): string[] => {
    const whole = line.join(' ');
    const found = spans(whole);
    let end = -1;
    return line.map((word) => {
      const start = end + 1;
      end = start + word.length;
      return masked(whole, found, start, end);
    });
  };
  const redact = <T>(given: T): T => {
    if (typeof given === 'string') return text(given) as T;
    if (Array.isArray(given))
      return (isLine(given) ? words(given) : given).map((item: unknown) => redact(item)) as T;
    if (given === null || typeof given !== 'object') return given;
    return Object.fromEntries(
      Object.entries(given).map(([name, inner]: [string, unknown]) => [
        name.length < 16 ? name : text(name),
        typeof inner === 'string' ? value(name, inner) : redact(inner),
      ]),
    ) as T;
  };
  return { text, value, redact };
}
