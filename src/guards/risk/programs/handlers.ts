import { asksNetwork } from './asks-network.ts';
import { bang } from './bang.ts';
import { handle as bwrap } from './bwrap.ts';
import { copy, dd, fetch, tee } from './copy.ts';
import { curl } from './curl.ts';
import { base32, base64, cat, gunzip, openssl, rev, tac, tr, xxd } from './decode.ts';
import { handle as docker } from './docker.ts';
import { netcat } from './engine-socket.ts';
import type { Handler } from './engine.ts';
import { handle as fd } from './fd.ts';
import { find } from './find.ts';
import { handle as gitConfig } from './git-config.ts';
import { handle as gitSubmodule } from './git-submodule.ts';
import { handle as git } from './git.ts';
import { echo, printenv, printf, yes } from './print.ts';
import { make, npm } from './recipes.ts';
import { sed } from './sed.ts';
import { interpreter, shell } from './shells.ts';
import { mktemp } from './mktemp.ts';
import { handle as socat } from './socat.ts';
import { handle as ssh } from './ssh.ts';
import { handle as statement } from './statement.ts';
import { handle as tar } from './tar.ts';
import { handle as tmux } from './tmux.ts';
import { env, parallel } from './wrappers.ts';
import { handle as xargs } from './xargs.ts';

/** What knows a program beyond rules, by the name that the registry calls it by. */
const NAMED: Readonly<Record<string, Handler>> = {
  'asks-network': asksNetwork,
  bang,
  bwrap,
  curl,
  docker,
  env,
  fd,
  find,
  git,
  'git-config': gitConfig,
  'git-submodule': gitSubmodule,
  interpreter,
  make,
  netcat,
  npm,
  parallel,
  sed,
  shell,
  socat,
  ssh,
  statement,
  tar,
  tmux,
  xargs,
};

/** Programs whose output follows from what they are given, so that what is piped on is known. */
const FILTERS: Readonly<Record<string, Handler>> = {
  base32,
  base64,
  cat,
  cp: copy,
  dd,
  echo,
  ginstall: copy,
  gmktemp: mktemp,
  gunzip,
  install: copy,
  link: copy,
  ln: copy,
  mktemp,
  mv: copy,
  openssl,
  printenv,
  printf,
  rev,
  rsync: fetch,
  scp: fetch,
  tac,
  tee,
  tr,
  xxd,
  yes,
  zcat: gunzip,
};

const HANDLERS = new Map(Object.entries(NAMED));
const BY_PROGRAM = new Map(Object.entries(FILTERS));

/** The handler of an entry of the registry when it is called by that name. */
export const handlerOf = (named: string | undefined, program: string): Handler | undefined =>
  (named === undefined ? undefined : HANDLERS.get(named)) ?? BY_PROGRAM.get(program);

/** Whether there is a handler of that name, and whether it only follows what passes through. */
export const isHandler = (name: string): boolean => HANDLERS.has(name) || BY_PROGRAM.has(name);
export const isFilter = (name: string): boolean => BY_PROGRAM.has(name) && !HANDLERS.has(name);
