import type { SqlWord } from './sql-words.ts';

/** What SQL does outside the database, on the machine that the server (or the client) runs on. */
export interface SqlReach {
  readonly kind: 'shell' | 'read' | 'write' | 'send' | 'code';
  /** The shell line, the path, the address or the code; null where it cannot be known. */
  readonly text: string | null;
}

const FUNCTIONS: Readonly<Record<string, SqlReach['kind']>> = {
  LOAD_FILE: 'read',
  PG_READ_FILE: 'read',
  PG_READ_BINARY_FILE: 'read',
  PG_LS_DIR: 'read',
  PG_STAT_FILE: 'read',
  LO_IMPORT: 'read',
  READFILE: 'read',
  READ_CSV: 'read',
  READ_CSV_AUTO: 'read',
  READ_PARQUET: 'read',
  READ_TEXT: 'read',
  OPENROWSET: 'read',
  FILE: 'read',
  WRITEFILE: 'write',
  LO_EXPORT: 'write',
  PG_FILE_WRITE: 'write',
  XP_CMDSHELL: 'shell',
  SYS_EXEC: 'shell',
  SYS_EVAL: 'shell',
  EDIT: 'shell',
  LOAD_EXTENSION: 'code',
  DBLINK: 'send',
  DBLINK_CONNECT: 'send',
  DBLINK_EXEC: 'send',
  URL: 'send',
  S3: 'send',
};
const FILES: Readonly<Record<string, SqlReach['kind']>> = {
  OUTFILE: 'write',
  DUMPFILE: 'write',
  INFILE: 'read',
};

/** Everything in one statement that leaves the database. */
export function sqlReach(words: readonly SqlWord[]): SqlReach[] {
  const reaches: SqlReach[] = [];
  words.forEach((word, at) => {
    if (word.kind === 'string' || word.kind === 'mark') return;
    const name = word.text.toUpperCase();
    const [next, after] = [words[at + 1], words[at + 2]];
    const kind = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (kind !== undefined && (next?.text === '(' || name === 'XP_CMDSHELL'))
      reaches.push({ kind, text: textOf(next?.text === '(' ? after : next) });
    const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (file !== undefined && next?.kind === 'string') reaches.push({ kind: file, text: next.text });
  });
  return [...reaches, ...copied(words), ...named(words)];
}

const textOf = (word: SqlWord | undefined): string | null => (word?.kind === 'string' ? word.text : null);
const upper = (word: SqlWord | undefined): string => (word?.kind === 'word' ? word.text : '');

/** `COPY t TO PROGRAM 'x'`, `COPY t FROM 'file'`. */
function copied(words: readonly SqlWord[]): SqlReach[] {
  const verb = upper(words[0]);
  if (verb !== 'COPY' && verb !== 'UNLOAD' && verb !== 'EXPORT') return [];
  for (const [at, word] of words.entries()) {
    const direction = upper(word);
    if (direction !== 'TO' && direction !== 'FROM') continue;
    const next = words[at + 1];
    if (upper(next) === 'PROGRAM') return [{ kind: 'shell', text: textOf(words[at + 2]) }];
    if (next?.kind !== 'string') continue;
    const isAddress = /^[a-z][a-z\d+]*:\/\//i.test(next.text);
    return [{ kind: isAddress ? 'send' : direction === 'TO' ? 'write' : 'read', text: next.text }];
  }
  return [];
}

/** Statements that name a file or code of their own. */
function named(words: readonly SqlWord[]): SqlReach[] {
  const [verb, second] = [upper(words[0]), upper(words[1])];
  const firstText = words.find((word) => word.kind === 'string');
  const text = textOf(firstText);
  if (verb === 'ATTACH') return [{ kind: 'write', text }];
  if (verb === 'VACUUM' && words.some((word) => upper(word) === 'INTO')) return [{ kind: 'write', text }];
  if (verb === 'BACKUP') return [{ kind: 'write', text }];
  if (verb === 'LOAD' && second !== 'DATA' && second !== 'XML') return [{ kind: 'code', text }];
  if (verb === 'INSTALL' && second === 'PLUGIN') return [{ kind: 'code', text }];
  if (
    (verb === 'CREATE' || verb === 'DO') &&
    words.some((word, at) => upper(word) === 'LANGUAGE' && UNTRUSTED.test(words[at + 1]?.text ?? ''))
  )
    return [
      {
        kind: 'code',
        text: words.findLast((word) => word.kind === 'string' && word.text.length > 20)?.text ?? null,
      },
    ];
  if (verb === 'CREATE' && words.some((word) => upper(word) === 'SONAME'))
    return [{ kind: 'code', text: words.findLast((word) => word.kind === 'string')?.text ?? null }];
  if (verb === 'CREATE' && words.some((word) => upper(word) === 'SUBSCRIPTION'))
    return [{ kind: 'send', text }];
  return [];
}
const UNTRUSTED = /^(?:pl\w*u|c|pljava\w*|plsh)$/i;
