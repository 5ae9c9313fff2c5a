import type { Level } from '../../src/core/risk.ts';

export const ROOT = '/w/root';
export const HOME = '/home/somebody';

interface Planted {
  readonly path: string;
  readonly text?: string;
  readonly link?: string;
  readonly mode?: number;
}

export interface Setup {
  readonly place: { readonly cwd: string; readonly env: Readonly<Record<string, string>> };
  readonly first: readonly Planted[];
  readonly script: string;
  readonly later: readonly Planted[];
  readonly programs: readonly string[];
}

/** Each says something of its own, so that a copy of it is known wherever it stands. */
const text = (path: string): string =>
  `1 this is ${path}\n2 and nothing else is\n3 ${path.length * 7919}, the last line\n`;

const inRoot = (...paths: string[]): string[] => paths.map((path) => `${ROOT}/${path}`);

export const COMMITTED = inRoot(
  'README.md',
  'package.json',
  '.gitignore',
  'src/app.ts',
  'src/util.ts',
  'src/deep/mod.ts',
);
/** Under version control, with changes that are not committed. */
export const CHANGED = inRoot('src/dirty.ts', 'src/deep/edited.ts');
export const UNTRACKED = inRoot(
  'notes.md',
  'src/draft.ts',
  'data/records.csv',
  'data/q1.csv',
  'data/q2.csv',
  'data/deep/orders.db',
  'my plan.txt',
);
export const BUILT = inRoot('dist/app.js', 'dist/maps/app.js.map', 'node_modules/dep/index.js');
export const SECRETS = inRoot('.env');
export const HOME_FILES = [
  '.bashrc',
  '.ssh/authorized_keys',
  'Documents/thesis.txt',
  'Documents/tax.csv',
].map((name) => `${HOME}/${name}`);
export const OUTSIDE = [
  '/w/other/keep.txt',
  '/w/other/sub/more.txt',
  '/var/lib/app/data.bin',
  '/srv/www/index.html',
];
export const SYSTEM = ['/etc/app.conf', '/etc/cron.d/job', '/etc/hosts'];
export const TEMPORARY = ['/tmp/scratch.txt', '/tmp/work/part.o'];

/** Programs that nobody knows: each leaves its name behind when it is executed. */
export const MARKERS = [`${ROOT}/tools/marker`, '/opt/markers/frobnicate'];

export const FOLDERS = {
  untracked: inRoot('data', 'data/deep'),
  committed: inRoot('src/deep', 'src'),
  built: inRoot('dist', 'node_modules', 'dist/maps'),
  git: inRoot('.git', '.git/hooks'),
  outside: ['/w/other', '/w/other/sub', '/var/lib/app', `${HOME}/Documents`, `${HOME}/.ssh`, '/etc/cron.d'],
  temporary: ['/tmp/work'],
} as const;

const PROGRAMS =
  'awk base64 chmod cp curl cut dash dd ed env fallocate find flock gawk getopt git gzip head iconv install ionice ln lua make mv ' +
  'nice node nohup openssl patch perl php python3 rev rm rmdir rsync ruby sed setsid shred sort split sqlite3 ' +
  'stdbuf tac tail tar tee time timeout touch tr truncate uniq unlink unzip vim xargs xxd zip';

const marker = `#!/bin/sh\necho "\${0##*/}" >> /trace/ran\n`;

const planted = (paths: readonly string[]): Planted[] => paths.map((path) => ({ path, text: text(path) }));

const GIT = `
git init -q -b main .
git config user.name Somebody
git config user.email somebody@example.org
git add .
git commit -q -m 'First'
echo '4 and one more' >> src/util.ts
git commit -q -a -m 'Second'
mkdir -p /tmp/older/data /tmp/older/src
echo 'an older state' | tee /tmp/older/data/records.csv /tmp/older/data/q1.csv /tmp/older/src/app.ts > /tmp/older/notes.md
tar -cf /tmp/old.tar -C /tmp/older src
tar -cf data.tar -C /tmp/older data notes.md
rm -r /tmp/older
`;

export const SETUP: Setup = {
  place: {
    cwd: ROOT,
    env: {
      PATH: '/opt/markers:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      HOME,
      USER: 'somebody',
      LANG: 'C.UTF-8',
      TERM: 'dumb',
    },
  },
  first: [
    { path: `${ROOT}/.gitignore`, text: 'dist/\nnode_modules/\n' },
    { path: `${ROOT}/tools/marker`, text: marker, mode: 0o755 },
    { path: '/opt/markers/frobnicate', text: marker, mode: 0o755 },
    { path: '/etc/passwd', text: `root:x:0:0:root:${HOME}:/bin/bash\n` },
    { path: '/etc/group', text: 'root:x:0:\n' },
    ...planted([...COMMITTED, ...CHANGED].filter((path) => !path.endsWith('.gitignore'))),
  ],
  script: GIT,
  later: [
    ...CHANGED.map((path) => ({ path, text: `${text(path)}4 changed since\n` })),
    ...planted([...UNTRACKED, ...BUILT, ...SECRETS, ...HOME_FILES, ...OUTSIDE, ...SYSTEM, ...TEMPORARY]),
    { path: `${ROOT}/link`, link: '../other' },
  ],
  programs: PROGRAMS.split(' '),
};

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** What git itself writes anew when it looks, switches or commits. */
const GIT_BOOKS = /^(index|HEAD|ORIG_HEAD|FETCH_HEAD|COMMIT_EDITMSG|logs|refs)(\/|$)/;
const GIT_CODE = /^(config|hooks|info)(\/|$)/;

function leastInGit(path: string, change: string): Level {
  if (GIT_CODE.test(path) || change === 'mode') return 'HIGH';
  if (change === 'deleted') return /^(index|.*_(HEAD|EDITMSG))$/.test(path) ? 'SAFE' : 'HIGH';
  return change === 'overwritten' && !GIT_BOOKS.test(path) ? 'HIGH' : 'SAFE';
}

export interface Changed {
  readonly path: string;
  readonly change: string;
  readonly lost: boolean;
}

/** The least that a line which does this must be said to risk. */
export function leastLevel({ path, change, lost }: Changed): Level {
  if (isBelow(path, '/tmp')) return 'LOW';
  if (!isBelow(path, ROOT)) return 'HIGH';
  if (isBelow(path, `${ROOT}/.git`)) return leastInGit(path.slice(ROOT.length + 6), change);
  if (SECRETS.includes(path)) return 'HIGH';
  if (!lost || BUILT.includes(path)) return 'LOW';
  // What git has a copy of can be had again, be it with some trouble where it is gone.
  if (COMMITTED.includes(path) || path === MARKERS[0]) return change === 'deleted' ? 'MEDIUM' : 'LOW';
  return 'HIGH';
}
