import { mayBeService, namesService } from '../../../core/services.ts';
import { type Value, isKnown, known } from '../shell/value.ts';
import { type Arguments, valuesOf } from './arguments.ts';
import type { Engine, Invocation, Stream } from './engine.ts';

/** The files that Compose takes where none is named. */
const USUAL = [
  'compose.yaml',
  'compose.yml',
  'compose.override.yaml',
  'compose.override.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** Verbs that end, change or remove what runs. */
const ENDS: ReadonlySet<string> = new Set(
  'down stop kill pause restart rm remove update rename scale up'.split(' '),
);
const OWN_OPTIONS = /^(-t|--timeout|-s|--signal|--rmi)$/;
const SCALED_TO_NOTHING = /^--scale(=|$)|=0+$/;

/**
 * What a Compose command ends is judged once more by what its files say of it: the container's names and the image, so
 * that a protected service is found under any name. One that names no service acts on all. They are told as far as they
 * stand there plainly; what is included from elsewhere is not.
 */
export function composeServices({ name, args }: Invocation, outer: Arguments, engine: Engine): void {
  const [sub, ...rest] = outer.operands;
  if (sub === undefined || !ENDS.has(sub.text)) return;
  const named = rest.filter(
    ({ text }, at) => !text.startsWith('-') && !OWN_OPTIONS.test(rest[at - 1]?.text ?? ''),
  );
  // To bring a service up, or more of one, ends nothing.
  const isEnding = !/^(up|scale)$/.test(sub.text) || rest.some(({ text }) => SCALED_TO_NOTHING.test(text));
  if (!isEnding) return;
  perhapsProtected(named, engine);
  const folder = valuesOf(outer, '--project-directory').at(-1);
  const given = valuesOf(outer, '-f', '--file');
  const usual = USUAL.map((file) => known(folder === undefined ? file : `${folder.text}/${file}`));
  const names = named.map(({ text }) => text.replace(/=\d+$/, ''));
  followFiles(given.length > 0 ? given : usual, engine, (services) => {
    const meant = names.length === 0 ? services : services.filter((one) => names.includes(one.name));
    const words = [
      ...(names.length === 0 ? meant.map((one) => one.name) : []),
      ...meant.flatMap((one) => one.also),
    ];
    judgeAgain([name, args], words, engine);
  });
}

/** The same for `docker stop shop_db_1`, where a file in the folder has such a service. */
export function containerServices({ name, args }: Invocation, words: readonly Value[], engine: Engine): void {
  const [sub, ...rest] = words;
  if (sub === undefined || !ENDS.has(sub.text)) return;
  perhapsProtected(rest, engine);
  const services = rest.flatMap(({ text }) => /[-_]([\w.-]+)[-_]\d+$/.exec(text)?.[0] ?? []);
  if (services.length === 0) return;
  followFiles(USUAL.map(known), engine, (found) => {
    const meant = found.filter((one) =>
      services.some((text) => new RegExp(`[-_]${escaped(one.name)}[-_]\\d+$`).test(text)),
    );
    judgeAgain(
      [name, args],
      meant.flatMap((one) => one.also),
      engine,
    );
  });
}

const escaped = (text: string): string => text.replaceAll('.', '\\.');

function followFiles(files: readonly Value[], engine: Engine, then: (services: Service[]) => void): void {
  const judge = (content: Stream): Stream => {
    const services = isKnown(content) ? servicesIn(content.text) : [];
    if (services.length > 0) then(services);
    return known('');
  };
  for (const file of files) {
    const written = engine.written(file);
    if (written === null) engine.follow(file, judge, true);
    else judge(written);
  }
}

function judgeAgain(
  [name, args]: [string, readonly Value[]],
  words: readonly string[],
  engine: Engine,
): void {
  const has = new Set(args.map(({ text }) => text));
  const more = words.filter((word) => !has.has(word));
  if (more.length > 0) engine.command([known(name), ...args, ...more.map((word) => known(word))]);
}

/** Where no file tells, a name such as `shop_db_1` may still be that of a service that is protected. */
function perhapsProtected(names: readonly Value[], engine: Engine): void {
  for (const service of engine.protectedServices)
    if (names.some(({ text }) => mayBeService(text, service) && !namesService(text, service)))
      engine.remark(
        'perhaps-protected-service',
        'HIGH',
        `By its name it may be ${service}, which is protected; stop_container and its kin ask the engine.`,
        'compensable',
      );
}

interface Service {
  readonly name: string;
  /** What it gives its containers as a name, and its image. */
  readonly also: string[];
}

/** The services in a Compose file, with what tells what they are. */
function servicesIn(text: string): Service[] {
  const lines = text.split(/\r?\n/);
  const from = lines.findIndex((line) => /^(['"]?)services\1\s*:/.test(line));
  if (from < 0) return [];
  const end = lines.findIndex((line, at) => at > from && /^[^\s#]/.test(line));
  const block = lines.slice(from + 1, end < 0 ? undefined : end).filter((line) => /^\s*[^\s#]/.test(line));
  const depth = /^ */.exec(block[0] ?? '')?.[0].length ?? 0;
  const services: Service[] = [];
  for (const line of block) {
    const [, spaces = '', key = ''] = /^( *)["']?([\w.-]+)["']?\s*:/.exec(line) ?? [];
    if (key !== '' && spaces.length === depth) services.push({ name: key, also: [] });
    const told = line.matchAll(/(?<![\w-])(?:image|container_name)["']?\s*:\s*["']?([^\s"',}#][^\s"',#]*)/g);
    for (const [, value = ''] of told) services.at(-1)?.also.push(value);
  }
  return services;
}
