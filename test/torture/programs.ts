/** What is run both directly and as a transaction, after a script that makes what it works on. */
export interface Program {
  readonly name: string;
  readonly setup: string;
  readonly script: string;
  /** How it ends. */
  readonly exit: number;
  /** Paths whose content tells of times and inodes. */
  readonly varying?: RegExp;
}

const PACKAGE = String.raw`mkdir -p dep/bin app
printf '{"name":"dep","version":"1.0.0","bin":{"dep":"bin/dep.js"}}' >dep/package.json
printf '#!/usr/bin/env node\nconsole.log("dep")\n' >dep/bin/dep.js; chmod 755 dep/bin/dep.js
mkdir -p package/lib; echo 'module.exports = 1' >package/lib/index.js
printf '{"name":"packed","version":"2.0.0","main":"lib/index.js"}' >package/package.json
tar --mtime=@499162500 -czf app/packed.tgz package; rm -r package
cd app; printf '{"name":"app","version":"1.0.0","dependencies":{"dep":"file:../dep","packed":"file:packed.tgz"}}' >package.json
export HOME="$PWD/home" npm_config_cache="$PWD/cache"
npm install --offline --package-lock-only --no-audit --no-fund --silent; rm -rf home cache`;

const IDENTITY = String.raw`export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.com GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.com
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z' GIT_CONFIG_GLOBAL=/dev/null`;

const ORIGIN = String.raw`${IDENTITY}
git init -q -b main seed; cd seed
for n in 1 2 3; do echo $n >file$n; git add .; git commit -qm $n; done
git checkout -qb side HEAD~1; echo side >side; git add .; git commit -qm side; echo two >file2; git commit -qam clash
git checkout -q main; echo zwei >file2; git commit -qam zwei
cd ..; git clone -q --bare seed origin.git; git -C origin.git update-server-info; rm -rf seed`;
const GIT_VARYING = /(^|\/)\.git\/index$/;

const SOURCES = String.raw`mkdir src
printf 'int answer(void) { return 42; }\n' >src/answer.c
printf '#include <stdio.h>\nint answer(void);\nint main(void) { printf("%%d\\n", answer()); return 0; }\n' >src/main.c
cat >Makefile <<'END'
objects = build/answer.o build/main.o
build/app: $(objects)
	cc -o $@ $(objects)
build/%.o: src/%.c
	mkdir -p build
	cc -c -o $@ $<
broken: build/app
	echo half >build/half
	false
END`;

const FILES = String.raw`mkdir -p tree/sub/empty; cd tree; echo one >one; ln one two; ln -s one link; mkfifo pipe
truncate -s 1M sparse; echo end >>sparse; echo x >"$(printf 'n\377')"; chmod 4750 one; chmod 2775 sub
touch -d '2001-02-03 04:05:06.789' sub one; cd ..`;

export const PROGRAMS: readonly Program[] = [
  {
    name: 'npm ci',
    setup: PACKAGE,
    script: 'cd app && npm ci --offline --no-audit --no-fund --silent && node node_modules/.bin/dep',
    exit: 0,
  },
  {
    name: 'git clone and rebase',
    setup: ORIGIN,
    script: `${IDENTITY}\ngit clone -q "file://$PWD/origin.git" work && cd work && git checkout -q -b mine HEAD~2 && echo m >mine && git add . && git commit -qm mine && git rebase -q origin/main && git log --format=%H%s && git gc -q --prune=now`,
    exit: 0,
    varying: GIT_VARYING,
  },
  {
    name: 'git rebase with a conflict',
    setup: `${ORIGIN}\ngit clone -q origin.git work`,
    script: `${IDENTITY}\ncd work && git checkout -q -b mine origin/side && git rebase origin/main 2>&1 | grep CONFLICT; git rebase --show-current-patch >/dev/null; git status --porcelain; exit 7`,
    exit: 7,
    varying: GIT_VARYING,
  },
  { name: 'make', setup: SOURCES, script: 'make && build/app && make && touch src/main.c && make', exit: 0 },
  { name: 'make that fails', setup: SOURCES, script: 'make broken', exit: 2 },
  {
    name: 'tar',
    setup: FILES,
    script: `tar --sort=name --numeric-owner -Scf tree.tar tree && mkdir out && tar -xpf tree.tar -C out && tar -df tree.tar && tar -tf tree.tar`,
    exit: 0,
  },
  { name: 'tar of what is missing', setup: FILES, script: 'tar -cf part.tar tree/one nowhere', exit: 2 },
  {
    name: 'sed -i',
    setup: `${FILES}\nseq 1 2000 >numbers; if [ $(id -u) = 0 ]; then ln numbers same; else cp numbers same; fi`,
    script: `sed -i.orig 's/7$/seven/' numbers && sed -i --follow-symlinks s/one/ONE/ tree/link && sed -i '2,$d' numbers && wc -l same`,
    exit: 0,
  },
  {
    name: 'rsync',
    // It leaves times alone that differ by less than a second.
    setup: `${FILES}\nmkdir -p to/tree/old; echo old >to/tree/old/file; echo stale >to/tree/two\nfind . -exec touch -h -d '2002-02-02 02:02:02.2' {} +`,
    script: 'rsync -aHAXS --delete --itemize-changes tree to && rsync -a --backup tree/one to/tree/two',
    exit: 0,
  },
  {
    name: 'sqlite3',
    setup: `sqlite3 db 'create table t (a integer primary key, b text); insert into t (b) values (1), (2)'`,
    script: `sqlite3 db 'pragma journal_mode=wal; begin; insert into t (b) select a from t; commit; vacuum' && sqlite3 db .dump && sqlite3 db 'insert into t values (1, 1)'`,
    exit: 19,
  },
  {
    name: 'a Python virtual environment',
    setup: 'echo "print(1)" >main.py',
    script:
      'python3 -m venv --without-pip env && . env/bin/activate && python main.py && python -c "import sys; print(sys.prefix)"',
    exit: 0,
  },
  {
    name: 'a shell that is killed',
    setup: FILES,
    script: 'rm tree/one; echo half >tree/new; kill -9 $$',
    exit: 137,
  },
  {
    name: 'find, xargs and mv',
    setup: FILES,
    script: `find tree -type f -print0 | sort -z | xargs -0 -I{} cp --parents -a {} copy 2>&1; mkdir copy; find tree -type f -print0 | sort -z | xargs -0 cp --parents -a -t copy; mv tree/sub moved; mv copy/tree tree/inner; find . -printf '%P %y %m %s\\n' | LC_ALL=C sort | grep -v '^ d'`,
    exit: 0,
  },
];
