import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { HomeostatError } from '../core/errors.ts';

/** Where the state lies: one folder, shared by every process of this user. */
export interface Home {
  readonly folder: string;
  readonly database: string;
  /** What tells of one writer's end to the next. */
  readonly turn: string;
  readonly objects: string;
  /** What scans of roots remember; a cache. */
  readonly scans: string;
  /** What is staged and what undo needs, for roots on the same file system; a folder for each action. */
  readonly stages: string;
  /** What commands of one connection share: /tmp and a home. */
  readonly sessions: string;
  /** Raw input and stages of held actions. */
  readonly held: string;
  /** What long-running processes say. */
  readonly processes: string;
  /** What was measured of the machine. */
  readonly samples: string;
  /** Its presence is the emergency stop. */
  readonly stop: string;
  readonly approver: string;
  /** Digests of the tokens of clients that come over HTTP. */
  readonly tokens: string;
  /** The key of digests that must not be guessed from. */
  readonly digestKey: string;
  /** Sealed days of the audit, and below it what is archived. */
  readonly audit: string;
  /** What was signed of the audit's ends, and the key for it. */
  readonly auditHeads: string;
  readonly auditKey: string;
}

export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['HOMEOSTAT_HOME']) return resolve(env['HOMEOSTAT_HOME']);
  return join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'homeostat');
}

export function homeAt(folder: string): Home {
  return {
    folder,
    database: join(folder, 'state.db'),
    turn: join(folder, 'turn'),
    objects: join(folder, 'objects'),
    scans: join(folder, 'scans'),
    stages: join(folder, 'stages'),
    sessions: join(folder, 'sessions'),
    held: join(folder, 'held'),
    processes: join(folder, 'processes'),
    samples: join(folder, 'samples'),
    stop: join(folder, 'stop'),
    approver: join(folder, 'approver.json'),
    tokens: join(folder, 'tokens.json'),
    digestKey: join(folder, 'digest.key'),
    audit: join(folder, 'audit'),
    auditHeads: join(folder, 'audit', 'heads.jsonl'),
    auditKey: join(folder, 'audit', 'key.pem'),
  };
}

/**
 * Creates what is missing. A state that lost its database is never begun anew silently: the objects are
 * made after the database, so objects without a database mean that somebody took it away.
 */
export function prepareHome(home: Home): void {
  try {
    mkdirSync(home.folder, { recursive: true, mode: 0o700 });
    chmodSync(home.folder, 0o700);
  } catch (cause) {
    throw new HomeostatError(
      'record_failed',
      `the state folder ${home.folder} cannot be written: ${String(cause)}`,
      {
        cause,
      },
    );
  }
  if (existsSync(home.objects) && !existsSync(home.database)) {
    throw new HomeostatError('state_corrupt', `${home.database} is missing though ${home.objects} exists`, {
      next: `A person restores it, or begins anew without the old record: mv ${home.folder} ${home.folder}.old`,
    });
  }
}
