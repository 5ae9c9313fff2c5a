import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part, Print } from '../../src/core/plan.ts';
import { readUpper } from '../../src/host/overlay/upper.ts';
import { cleanUpAfter } from './clean-up.ts';
import { needRoot } from './needs.ts';
import { listXattrs, removeXattr, setTimes, setXattr } from '../../src/host/syscalls.ts';

export type Flavour = 'trusted' | 'user';

/** An ordinary user of every machine, by whom the tests of the user flavour are run. */
export const NOBODY = 65_534;

const OPTIONS = {
  trusted: 'redirect_dir=on,index=on,metacopy=on,volatile',
  user: 'userxattr,volatile',
};
const BLOCK = 4096;

const AGE = `import os, sys
for d, ds, fs in os.walk(os.fsencode(sys.argv[1])):
    for n in [b'.', *ds, *fs]:
        p = os.path.join(d, n); t = os.lstat(p).st_mtime_ns - 10**12
        os.utime(p, ns=(t, t), follow_symlinks=False)`;

/** Runs a program as whom the flavour is for. */
function runAs(flavour: Flavour, words: readonly string[]): string {
  const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const [program = '', ...parameters] = flavour === 'user' ? [...user, ...words] : words;
  const env = { ...process.env, LC_ALL: 'C' };
  return execFileSync(program, parameters, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

const shell = (flavour: Flavour, script: string, folder: string): string =>
  runAs(flavour, ['sh', '-c', `umask 022; cd '${folder}' && { ${script}\n}; true`]);

interface Seed {
  readonly seed: string;
  /** An empty folder with the seed's own attributes. */
  readonly blank: string;
}

const seeds = new Map<string, Seed>();

cleanUpAfter('file', () => {
  for (const { seed } of seeds.values()) rmSync(join(seed, '..'), { recursive: true, force: true });
  seeds.clear();
});

/** The tree that a script makes, of which every overlay gets its copies; the script runs once. */
function seeded(tree: string, flavour: Flavour): Seed {
  const known = seeds.get(`${flavour} ${tree}`);
  if (known !== undefined) return known;
  const base = mkdtempSync(join(tmpdir(), 'homeostat-seed-'));
  const [seed, blank] = [join(base, 'seed'), join(base, 'blank')];
  mkdirSync(seed);
  if (flavour === 'user') for (const folder of [base, seed]) chownSync(folder, NOBODY, NOBODY);
  shell(flavour, tree, seed);
  // So that nothing in the tree is as young as what a line changes.
  execFileSync('python3', ['-IS', '-c', AGE, seed]);
  execFileSync('cp', ['-aT', '--attributes-only', seed, blank]);
  execFileSync('find', [blank, '-mindepth', '1', '-delete']);
  execFileSync('touch', ['-r', seed, blank]);
  seeds.set(`${flavour} ${tree}`, { seed, blank });
  return { seed, blank };
}

/** A root, a copy of it, and a store, in which shell lines are run in real overlays. */
export class Overlay {
  readonly root: string;
  readonly copy: string;
  readonly store: string;
  readonly base: string;
  readonly flavour: Flavour;

  constructor(base: string, flavour: Flavour, tree: string) {
    needRoot();
    [this.base, this.flavour] = [base, flavour];
    this.root = join(base, 'root');
    this.copy = join(base, 'copy');
    this.store = join(base, 'store');
    for (const folder of ['store', 'store/1/0/work', 'store/1/0/pre', 'merged'])
      mkdirSync(join(base, folder), { recursive: true });
    if (flavour === 'user') execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, base]);
    const { seed, blank } = seeded(tree, flavour);
    const copies = 'cp -aT "$1" "$3/root"; cp -aT "$1" "$3/copy"; cp -aT "$2" "$3/store/1/0/upper"';
    execFileSync('sh', ['-ec', copies, 'sh', seed, blank, base]);
  }

  /** Runs a shell script in a folder, directly; what fails in it is passed over. */
  shell(script: string, folder: string): string {
    return shell(this.flavour, script, folder);
  }

  /** Runs it on the root in an overlay. */
  run(script: string, options = OPTIONS[this.flavour]): string {
    const [merged, action] = [join(this.base, 'merged'), join(this.store, '1/0')];
    const layers = `lowerdir=${this.root},upperdir=${action}/upper,workdir=${action}/work`;
    const mount = `mount -t overlay overlay -o ${layers},${options} '${merged}'`;
    // Back in a namespace where the user is who they were, without the rights that mounting took.
    const back =
      this.flavour === 'user' ? ['unshare', '-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] : [];
    const inside = `cd '${merged}' && { ${script}\n}; true`;
    const line = `umask 022; ${mount} && exec ${back.join(' ')} sh -c "$1"`;
    return runAs(this.flavour, [
      'unshare',
      this.flavour === 'user' ? '-Urm' : '-m',
      'sh',
      '-c',
      line,
      'sh',
      inside,
    ]);
  }

  /** Reads what the lines in the overlay left, as the user who ran them. */
  read(startedNs = this.now()): Part {
    const user = this.flavour === 'user';
    if (user) process.seteuid?.(NOBODY);
    try {
      const { root, store, flavour } = this;
      return readUpper({ root, store, action: '1/0', flavour, startedNs });
    } finally {
      if (user) process.seteuid?.(0);
    }
  }

  /** The time by the file system's clock. */
  now(): bigint {
    const path = join(this.base, 'clock');
    writeFileSync(path, '');
    const { ctimeNs } = lstatSync(path, { bigint: true });
    rmSync(path);
    return ctimeNs;
  }
}

/** Does the steps by plain renames, in their order, with nothing that could take them back but the pre-images. */
export function execute({ root, store, steps }: Part): void {
  const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');
  for (const [number, step] of steps.entries()) {
    const at = bytes(step.path === '' ? root : `${root}/${step.path}`);
    const pre = bytes(`${store}/1/0/pre/${number}`);
    switch (step.do) {
      case 'remove': {
        renameSync(at, pre);
        break;
      }
      case 'put': {
        if (step.before === null) assertNothing(at);
        else linkSync(at, pre);
        renameSync(bytes(`${store}/${step.from}`), at);
        break;
      }
      case 'unlink': {
        unlinkSync(at);
        break;
      }
      case 'link': {
        linkSync(bytes(`${root}/${step.to}`), at);
        break;
      }
      case 'write': {
        const content = bytes(`${store}/${step.from}`);
        copyFileSync(at, pre);
        writeInPlace(at, readFileSync(content));
        setAttributes(at, step.after);
        break;
      }
      case 'attributes': {
        setAttributes(at, step.after);
        break;
      }
    }
  }
}

/** Gives a file another content with holes where that is zero. */
function writeInPlace(at: Buffer, content: Buffer): void {
  const fd = openSync(at, 'r+');
  ftruncateSync(fd, 0);
  for (let start = 0; start < content.length; start += BLOCK) {
    const block = content.subarray(start, start + BLOCK);
    if (block.some((byte) => byte !== 0)) writeSync(fd, block, 0, block.length, start);
  }
  ftruncateSync(fd, content.length);
  closeSync(fd);
}

function assertNothing(at: Buffer): void {
  if (lstatSync(at, { throwIfNoEntry: false }) !== undefined)
    throw new Error(`something stands at ${at.toString('latin1')}`);
}

function setAttributes(at: Buffer, print: Print): void {
  const stats = lstatSync(at, { bigint: true });
  if (String(stats.uid) !== String(print.uid) || String(stats.gid) !== String(print.gid))
    lchownSync(at, print.uid, print.gid);
  for (const name of listXattrs(at)) if (print.xattrs?.[name] === undefined) removeXattr(at, name);
  if (print.type !== 'symlink') chmodSync(at, print.mode);
  for (const [name, value] of Object.entries(print.xattrs ?? {}))
    setXattr(at, name, Buffer.from(value, 'base64'));
  setTimes(at, stats.atimeNs, BigInt(print.mtime_ns));
}
