import { dirname, join } from 'node:path';
import type { Source } from '../document/source.ts';
import { treeOf } from '../document/tree.ts';
import type { Mapping, Value } from '../document/value.ts';
import { extended } from '../resolve/extends.ts';
import { merge } from '../resolve/merge.ts';
import { type Looking, Reading } from '../resolve/reading.ts';
import { type Power, gained, powersOf } from '../validate/powers.ts';
import { groundOf } from '../validate/ground.ts';
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
      ? [{ kind: 'compose_host_mount', service: '', what: `what cannot be read: ${message}`, place }]
      : [],
  );
  return { root, powers: [...(await powersOf(root, ground)), ...unread] };
}
