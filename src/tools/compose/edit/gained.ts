import { dirname, join } from 'node:path';
import type { Source } from '../document/source.ts';
import { treeOf } from '../document/tree.ts';
import { type Mapping, type Value, valueAt } from '../document/value.ts';
import { extended } from '../resolve/extends.ts';
import { isSame, merge } from '../resolve/merge.ts';
import { type Looking, Reading } from '../resolve/reading.ts';
import { type Power, powersOf } from '../validate/powers.ts';
import { groundOf } from '../validate/ground.ts';
import { cycles } from '../validate/references.ts';
import { ownVariables } from '../resolve/project.ts';

/** What an edit gives that the file did not give before; `path` is the file's own. */
export async function gainedBy(
  before: Source,
  after: Source,
  path: string,
  ctx: Looking,
): Promise<{ circumstances: string[]; what: string[] }> {
  return gained(await seen(before, path, ctx), await seen(after, path, ctx));
}

async function seen(source: Source, path: string, ctx: Looking): Promise<{ root: Value; powers: Power[] }> {
  const reading = new Reading(ctx);
  const base = dirname(path);
  const variables = await ownVariables(reading, [join(base, '.env')], new Map());
  const empty: Mapping = {
    kind: 'map',
    entries: new Map(),
    tag: null,
    place: { file: path, line: 1, column: 1 },
  };
  const whole = source.documents
    .map((document) => treeOf(document, source))
    .reduce<Value>((below, above) => merge(below, above), empty);
  const root = await extended(reading.filled(whole, variables), path, { base, variables, reading });
  const ground = groundOf(ctx, (file) => (file === source.file ? base : dirname(file)));
  // What a file that cannot be read brings, nobody can tell.
  const unread = reading.findings.flatMap(({ code, message, place }): Power[] =>
    code === 'unreadable_file'
      ? [
          {
            kind: 'compose_host_mount',
            service: '',
            what: `what cannot be read: ${message}`,
            place,
            mend: [],
          },
        ]
      : [],
  );
  return { root, powers: [...(await powersOf(root, ground)), ...unread] };
}

/** What a change gives that was not given before, as circumstances; and whether it changes what runs with power. */
function gained(
  before: { root: Value; powers: readonly Power[] },
  after: { root: Value; powers: readonly Power[] },
): { circumstances: string[]; what: string[] } {
  const key = ({ kind, service, what }: Power): string => [kind, service, what].join('\0');
  const had = new Set(before.powers.map(key));
  const fresh = after.powers.filter((power) => !had.has(key(power)));
  const powerful = new Set(
    after.powers.flatMap(({ service, kind }) => (kind === 'compose_host_mount' ? [] : [service])),
  );
  const rerun = [...powerful].filter((service) =>
    RUNS.some((name) => {
      const [then, now] = [before, after].map(({ root }) => valueAt(root, ['services', service, name]));
      return then === undefined || now === undefined ? then !== now : !isSame(then, now);
    }),
  );
  return {
    circumstances: [
      ...new Set([
        ...fresh.map(({ kind }) => kind),
        ...(rerun.length > 0 ? ['compose_powerful_service'] : []),
      ]),
    ],
    what: [
      ...fresh.map(({ service, what }) => `it gives ${service === '' ? 'every service' : service} ${what}`),
      ...rerun.map((service) => `it changes what runs in ${service}, which has power over the host`),
      ...circlesIn(after.root).filter((circle) => !circlesIn(before.root).includes(circle)),
    ],
  };
}

/** Services that wait for each other; each file has to be right by itself in that. */
const circlesIn = (root: Value): string[] =>
  root.kind === 'map' ? cycles(root).map(({ message }) => message.replace(/\.$/, '')) : [];

/** Keys that decide which program runs in a container. */
const RUNS = [
  'image',
  'build',
  'command',
  'entrypoint',
  'post_start',
  'pre_stop',
  'environment',
  'healthcheck',
];
