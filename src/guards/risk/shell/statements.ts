import type { Level } from '../../../core/risk.ts';
import { scanMongo } from '../code/mongo.ts';
import { scanRedis } from '../code/redis.ts';
import { scanSed } from '../code/sed.ts';
import type { SqlReach } from '../code/sql-reach.ts';
import { type SqlLevel, scanSql } from '../code/sql.ts';
import type { Engine } from '../programs/engine.ts';
import { FROM, HOLE, type Value, known, unknown } from './value.ts';

/** Languages of one purpose, by what their statements do to what they are made for. */
export const STATEMENTS: Readonly<Record<string, ((code: string, engine: Engine) => void) | undefined>> = {
  sed: judgeSed,
  sql: judgeSql,
  mongo: (code, engine) => {
    for (const { level, evidence } of scanMongo(code)) report(level, evidence, engine);
  },
  redis: (code, engine) => {
    const words = code.split(/\s+/).filter((word) => word !== '');
    const { level, evidence, reaches } = scanRedis(words.map((word) => (word.includes(HOLE) ? null : word)));
    report(level, evidence, engine);
    for (const reach of reaches) reported(reach, engine);
  },
};

const LEVELS: Readonly<Record<SqlLevel, Level>> = {
  read: 'SAFE',
  change: 'MEDIUM',
  loss: 'HIGH',
  'wide-loss': 'DESTRUCTIVE',
};

/** A sed script beside the text that it edits: what it runs, writes and reads. */
function judgeSed(script: string, engine: Engine): void {
  const { runs, writes, reads, understood } = scanSed(script);
  for (const line of runs) engine.code('shell', valueOf(line), { stdin: null });
  for (const path of writes)
    engine.found({
      kind: 'overwrite',
      path: known(path),
      level: 'MEDIUM',
      reason: 'Its script writes files.',
    });
  for (const path of reads) engine.found({ kind: 'read', path: known(path) });
  if (!understood)
    engine.remark('not-understood', 'MEDIUM', 'Its script cannot be understood.', 'irreversible');
}

function judgeSql(sql: string, engine: Engine): void {
  for (const { level, evidence, reaches } of scanSql(sql)) {
    report(level, evidence, engine);
    for (const reach of reaches) reported(reach, engine);
  }
}

function report(level: SqlLevel, statement: string, engine: Engine): void {
  if (level === 'read') return;
  const loses = level !== 'change';
  engine.found({
    kind: loses ? 'database_loss' : 'database_change',
    resource: statement,
    level: LEVELS[level],
    reason: loses
      ? 'What a statement takes out of a database is gone.'
      : 'A statement changes what a database holds.',
    reversibility: 'irreversible',
    rule: loses ? 'database-loss' : 'database-change',
  });
}

/** What a statement does outside the database. */
function reported({ kind, text }: SqlReach, engine: Engine): void {
  const value = valueOf(text);
  if (kind === 'shell' || kind === 'code') {
    engine.remark('leaves-the-database', 'HIGH', 'A statement runs something on the machine.');
    if (kind === 'shell') engine.code('shell', value, { stdin: null });
  } else if (kind === 'read') engine.found({ kind, path: value });
  else if (kind === 'write')
    engine.found({ kind: 'overwrite', path: value, level: 'MEDIUM', reason: 'A statement writes a file.' });
  else
    engine.found({
      kind: 'network',
      resource: text ?? HOLE,
      level: 'HIGH',
      reason: 'A statement reaches another machine.',
      reversibility: 'irreversible',
    });
}

const valueOf = (text: string | null): Value => (text === null ? unknown(FROM.input) : known(text));
