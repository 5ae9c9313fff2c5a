import { type Value, isKnown, known } from '../shell/value.ts';
import type { Arguments } from './arguments.ts';
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

const ENDS: ReadonlySet<string> = new Set(['down', 'stop', 'kill', 'pause', 'restart', 'rm']);
const OWN_OPTIONS = /^(-t|--timeout|-s|--signal|--rmi)$/;

/**
 * A Compose command that names no service acts on all: it is judged once more with those of its files, so that a
 * protected one is found. They are told as far as they stand there plainly; what is included from elsewhere is not.
 */
export function allServices({ name, args }: Invocation, outer: Arguments, engine: Engine): void {
  const [sub, ...rest] = outer.operands;
  if (sub === undefined || !ENDS.has(sub.text)) return;
  const isNamed = rest.some(
    ({ text }, at) => !text.startsWith('-') && !OWN_OPTIONS.test(rest[at - 1]?.text ?? ''),
  );
  if (isNamed) return;
  const given = (...names: string[]): Value[] =>
    names.flatMap((one) => outer.options.get(one) ?? []).filter((value) => value !== null);
  const folder = given('--project-directory').at(-1);
  const files = given('-f', '--file');
  const usual = USUAL.map((file) => known(folder === undefined ? file : `${folder.text}/${file}`));
  const judge = (content: Stream): Stream => {
    const services = isKnown(content) ? servicesIn(content.text).map((service) => known(service)) : [];
    return services.length === 0 ? known('') : engine.command([known(name), ...args, ...services]);
  };
  for (const file of files.length > 0 ? files : usual) {
    const written = engine.written(file);
    if (written === null) engine.follow(file, judge, true);
    else judge(written);
  }
}

/** The names of the services in a Compose file, and those that they give their containers. */
function servicesIn(text: string): string[] {
  const lines = text.split(/\r?\n/);
  const from = lines.findIndex((line) => /^(['"]?)services\1\s*:/.test(line));
  if (from < 0) return [];
  const end = lines.findIndex((line, at) => at > from && /^[^\s#]/.test(line));
  const block = lines.slice(from + 1, end < 0 ? undefined : end).filter((line) => /^\s*[^\s#]/.test(line));
  const depth = /^ */.exec(block[0] ?? '')?.[0].length ?? 0;
  return block.flatMap((line) => {
    const [, spaces = '', key = '', value = ''] =
      /^( *)["']?([\w.-]+)["']?\s*:\s*["']?([\w.-]*)/.exec(line) ?? [];
    if (key === '') return [];
    if (spaces.length === depth) return [key];
    return key === 'container_name' && value !== '' ? [value] : [];
  });
}
