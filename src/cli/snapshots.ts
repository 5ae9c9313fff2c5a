import { resolve } from 'node:path';
import type { Collected, SnapshotInfo } from '../core/records.ts';
import { line, query } from './inspect.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, jsonText, note, paint, print } from './terminal.ts';

/** `homeostat snapshots list`: what can be undone, newest first. */
export const snapshots = async (options: GlobalOptions & { limit?: number }): Promise<void> =>
  query('list_snapshots', { limit: options.limit ?? 20 }, options, async ({ snapshots: list }, session) => {
    const pinned = new Set((await session.operator()).pinned());
    for (const s of list as SnapshotInfo[]) {
      const undone = s.undone_by === null ? '' : paint('dim', ` (undone by ${s.undone_by})`);
      line(
        s.snapshot_id,
        s.time.slice(0, 19),
        (s.changes === 1 ? '1 path' : `${s.changes} paths`).padEnd(9),
        (pinned.has(s.snapshot_id) ? 'pinned  ' : '') + s.summary.slice(0, 80) + undone,
      );
    }
    if ((list as unknown[]).length === 0) note('nothing to undo yet');
  });

/** `homeostat snapshots gc`: removes what retention lets go, or shows what that is and why. */
export async function collect(options: GlobalOptions & { dryRun?: boolean }): Promise<void> {
  const dryRun = options.dryRun === true;
  await withSession(options, async ({ operator }) => {
    const found = await (await operator()).collect(dryRun);
    if (options.json === true) print(jsonText({ dry_run: dryRun, ...found }));
    else printCollected(found, dryRun);
  });
}

const WHY = {
  age: 'older than retention.days',
  count: 'beyond the newest of retention.snapshots',
  bytes: 'beyond retention.bytes',
} as const;

function printCollected(
  { snapshots: gone, stages, folders, objects, busy, unreleased }: Collected,
  dryRun: boolean,
): void {
  for (const { snapshot_id, why, bytes } of gone) line('snapshot', snapshot_id, mb(bytes), WHY[why]);
  for (const id of stages) line('held    ', id, 'nobody decided in time');
  for (const { path, bytes } of folders) line('folder  ', path, mb(bytes), 'no record names it');
  if (objects.count > 0) line('objects ', String(objects.count), mb(objects.bytes), 'no record names them');
  if (busy) note('an action is under way: objects are left for another time');
  if (unreleased > 0)
    note(`what the container engine keeps for ${unreleased} snapshots that went is let go when it answers`);
  const bytes = folders.reduce((sum, folder) => sum + folder.bytes, objects.bytes);
  note(`${mb(bytes)} ${dryRun ? 'would be' : 'were'} freed`);
}

const mb = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

export async function pin(id: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    (await operator()).pin(id);
    told(id, true, options);
  });
}

export async function unpin(id: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator, proof }) => {
    const person = await operator();
    await person.unpin(id, await proof(`Passphrase to unpin ${id}: `));
    told(id, false, options);
  });
}

/** `homeostat snapshots forget`: a root that will not come back is waited for no longer. */
export async function forget(root: string, options: GlobalOptions): Promise<void> {
  const path = resolve(root);
  await withSession(options, async ({ operator, proof }) => {
    const person = await operator();
    const given = await proof(`Passphrase to forget what is half done in ${path}: `);
    const ids = await person.forgetRoot(path, given);
    if (options.json === true) print(jsonLine({ root: path, actions: ids }));
    else note(`${ids.join(', ')}: no longer waited for; what was half done in ${path} cannot be taken back`);
  });
}

function told(id: string, pinned: boolean, options: GlobalOptions): void {
  if (options.json === true) print(jsonLine({ snapshot_id: id, pinned }));
  else note(`${id} ${pinned ? 'is kept until it is unpinned' : 'goes when retention lets it'}`);
}
