import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

/** What is mounted, and where markers leave their traces. */
const SKIPPED = new Set(['/usr', '/proc', '/opt/node', '/opt/driver', '/trace']);

const kindOf = (stat) =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'other';

function entry(path) {
  const stat = lstatSync(path);
  const kind = kindOf(stat);
  const content = kind === 'file' ? readFileSync(path, 'latin1') : kind === 'link' ? readlinkSync(path) : '';
  return { kind, mode: kind === 'link' ? 0 : stat.mode & 0o7777, content };
}

/** Everything in the sandbox that can be written, parents before their children. */
export function scan(path = '/', found = new Map()) {
  if (SKIPPED.has(path)) return found;
  const one = entry(path);
  found.set(path, one);
  if (one.kind !== 'folder') return found;
  for (const name of readdirSync(path)) scan(path === '/' ? `/${name}` : `${path}/${name}`, found);
  return found;
}

function changeOf(was, is) {
  if (is === undefined) return 'deleted';
  if (was === undefined) return 'created';
  if (was.kind !== is.kind) return 'overwritten';
  if (was.content !== is.content)
    return is.content.startsWith(was.content) && was.kind === 'file' ? 'appended' : 'overwritten';
  return was.mode === is.mode ? null : 'mode';
}

/** What differs; `lost` where the old content of a file stands nowhere any more. */
export function differences(before, after) {
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .map((path) => ({ path, change: changeOf(before.get(path), after.get(path)) }))
    .filter(({ change }) => change !== null);
  if (changed.length === 0) return [];
  const left = new Set([...after.values()].filter((e) => e.kind === 'file').map((e) => e.content));
  return changed.map(({ path, change }) => {
    const was = before.get(path);
    const gone = change === 'deleted' || change === 'overwritten';
    return { path, change, lost: gone && was.kind === 'file' && !left.has(was.content) };
  });
}

export function restore(before, changes) {
  for (const { path, change } of changes) {
    if (change !== 'mode') rmSync(path, { recursive: true, force: true });
  }
  for (const [path, { kind, mode, content }] of before) {
    const is = lstatSync(path, { throwIfNoEntry: false });
    if (is === undefined) {
      if (kind === 'folder') mkdirSync(path);
      else if (kind === 'file') writeFileSync(path, content, 'latin1');
      else if (kind === 'link') symlinkSync(content, path);
    }
    if (kind === 'file' || kind === 'folder') {
      if (is === undefined || (is.mode & 0o7777) !== mode) chmodSync(path, mode);
    }
  }
}
