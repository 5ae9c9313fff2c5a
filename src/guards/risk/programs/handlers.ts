import { copy, dd, tee } from './copy.ts';
import { base32, base64, cat, gunzip, inflate, openssl, rev, tac, tr, xxd } from './decode.ts';
import type { Handler } from './engine.ts';
import { find } from './find.ts';
import { echo, printf } from './print.ts';
import { interpreter, shell } from './shells.ts';
import { env, parallel, xargs } from './wrappers.ts';

/** What knows a program beyond rules, by the name that the registry calls it by. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>(
  Object.entries({ base32, base64, cat, copy, dd, echo, env, find, gunzip, inflate, interpreter, openssl, parallel, printf, rev, shell, tac, tee, tr, xargs, xxd }),
);
