import { sqlReach, type SqlReach } from './sql-reach.ts';
import { sqlStatements, type SqlWord } from './sql-words.ts';

/** `read` changes nothing, `change` changes rows or definitions, `loss` destroys some, `wide-loss` many at once. */
export type SqlLevel = 'read' | 'change' | 'loss' | 'wide-loss';

export interface SqlFinding {
  readonly level: SqlLevel;
  /** The statement, as it stands in the SQL. */
  readonly evidence: string;
  /** What it does outside the database. */
  readonly reaches: readonly SqlReach[];
}

const EVIDENCE = 200;
const LONGEST = 1 << 18;

/** What each statement does to the data that it reaches. */
export function scanSql(sql: string): SqlFinding[] {
  if (sql.length > LONGEST)
    return [{ level: 'wide-loss', evidence: 'the SQL is too long to read', reaches: [] }];
  const { rest, found } = clientCommands(sql);
  const statements = sqlStatements(rest).map((words) => ({
    level: levelOf(words),
    evidence: rest.slice(words[0]?.start ?? 0, words.at(-1)?.end ?? 0).slice(0, EVIDENCE),
    reaches: sqlReach(words),
  }));
  return [...found, ...statements];
}

/** Lines that the client itself carries out: psql's and mysql's backslashes, SQLite's dots. */
const CLIENT = /^[ \t]*(?:(\\!|\.shell\b|\.system\b|system\b|source\b|\\\.|\.read\b|\.load\b|\.import\b|\.output\b|\.once\b|\.backup\b|\.save\b|\.dump\b|\.restore\b|\.open\b|\\i\b|\\ir\b|\\o\b|\\g\b|\\w\b|\\copy\b|\\lo_import\b|\\lo_export\b|tee\b|pager\b|\\[A-Za-z?]\S*|\.[a-z]+)[ \t]*([^\n]*))(?:\n|$)/gm; // prettier-ignore
const SHELLS = new Set(['\\!', '.shell', '.system', 'system', 'pager']);
const READS = new Set([
  'source',
  '\\.',
  '.read',
  '\\i',
  '\\ir',
  '.load',
  '.import',
  '.restore',
  '.open',
  '\\lo_import',
]);
const WRITES = new Set(['.output', '.once', '.backup', '.save', '\\o', '\\g', '\\w', 'tee', '\\lo_export']);
/** These begin a line of SQL too. */
const BARE = /^(?:system|source|tee|pager)$/;

function clientCommands(sql: string): { rest: string; found: SqlFinding[] } {
  const found: SqlFinding[] = [];
  const rest = sql.replaceAll(CLIENT, (line, command: string, argument: string) => {
    if (BARE.test(command) && /^\s*(?:=|$)/.test(argument)) return line;
    const reach = clientReach(command, argument.trim());
    const isLoad = command === '.restore' || command === '.import';
    found.push({
      level: isLoad ? 'change' : 'read',
      evidence: line.trim().slice(0, EVIDENCE),
      reaches: reach === null ? [] : [reach],
    });
    return '\n';
  });
  return { rest, found };
}

function clientReach(command: string, argument: string): SqlReach | null {
  const target = argument.replace(/;\s*$/, '');
  const piped = /^\s*["']?\|\s*(.*?)["']?$/s.exec(target);
  if (SHELLS.has(command)) return { kind: 'shell', text: target };
  if (piped !== null && (WRITES.has(command) || READS.has(command)))
    return { kind: 'shell', text: piped[1] ?? '' };
  const path = bare(target.split(/\s+/).at(command === '.import' ? -2 : -1) ?? '');
  if (READS.has(command)) return { kind: 'read', text: path };
  if (WRITES.has(command)) return path === '' ? null : { kind: 'write', text: path };
  return command === '\\copy' ? copied(target) : null;
}

const bare = (text: string): string => text.replace(/^(["'])(.*)\1$/s, '$2');

/** psql's `\copy t to program 'x'`. */
function copied(argument: string): SqlReach | null {
  const match = /\b(to|from)\s+(program\s+)?('(?:[^']|'')*'|\S+)/i.exec(argument);
  if (match === null) return null;
  const text = bare(match[3] ?? '');
  if (match[2] !== undefined) return { kind: 'shell', text };
  if (/^(?:std(?:in|out)|pstd(?:in|out))$/i.test(text)) return null;
  return { kind: match[1]?.toLowerCase() === 'to' ? 'write' : 'read', text };
}

const READING = new Set(
  'SELECT SHOW EXPLAIN DESCRIBE DESC USE SET BEGIN COMMIT ROLLBACK START END VALUES TABLE PRAGMA ANALYZE CHECKPOINT LISTEN NOTIFY FETCH DECLARE CLOSE SAVEPOINT RELEASE HELP PRINT GO STATUS EXIT QUIT LIST HANDLER CHECK CHECKSUM DEALLOCATE PREPARE DISCARD RESET LOCK UNLOCK ABORT'.split(
    ' ',
  ),
);
const WIDE = new Set(['DATABASE', 'SCHEMA', 'KEYSPACE', 'OWNED', 'TABLESPACE', 'CATALOG']);

function levelOf(words: readonly SqlWord[]): SqlLevel {
  const texts = words.map((word) => (word.kind === 'word' ? word.text : ''));
  const verb = texts[0] ?? '';
  if (verb === 'WITH' || verb === '' || verb === 'EXPLAIN') return nested(words, texts, verb);
  return ofVerb(verb, words, texts);
}

/** `WITH x AS (DELETE …) …` and `EXPLAIN ANALYZE DELETE …` do what stands in them. */
function nested(words: readonly SqlWord[], texts: readonly string[], verb: string): SqlLevel {
  if (verb === 'EXPLAIN' && !texts.includes('ANALYZE') && !texts.includes('ANALYSE')) return 'read';
  const at = texts.findIndex(
    (text, index) => index > 0 && /^(?:DELETE|UPDATE|INSERT|DROP|TRUNCATE|MERGE)$/.test(text),
  );
  if (at === -1) return 'read';
  return ofVerb(texts[at] ?? '', words.slice(at), texts.slice(at));
}

function ofVerb(verb: string, words: readonly SqlWord[], texts: readonly string[]): SqlLevel {
  switch (verb) {
    case 'DELETE':
    case 'UPDATE':
      return narrowed(words, texts) ? 'change' : 'loss';
    case 'TRUNCATE':
    case 'PURGE':
      return texts.includes('CASCADE') ? 'wide-loss' : 'loss';
    case 'DROP':
      return dropped(texts);
    case 'ALTER':
      return texts.some(
        (text, at) => text === 'DROP' && texts[at + 1] !== 'DEFAULT' && texts[at + 1] !== 'NOT',
      )
        ? 'loss'
        : 'change';
    case 'FLUSH':
    case 'KILL':
    case 'SHUTDOWN':
      return verb === 'FLUSH' ? 'read' : 'change';
    case 'RESET':
      return texts.includes('MASTER') ? 'loss' : 'read';
    case 'SELECT':
    case 'PRAGMA':
      return selects(texts, words);
    case 'DO':
    case 'EXEC':
    case 'EXECUTE':
    case 'CALL':
      return within(words);
    default:
      return READING.has(verb) ? 'read' : 'change';
  }
}

/** True where a WHERE chooses rows: one that is always true does not. */
function narrowed(words: readonly SqlWord[], texts: readonly string[]): boolean {
  const where = texts.indexOf('WHERE');
  if (where === -1) return false;
  const end = texts.findIndex((text, at) => at > where && /^(?:RETURNING|LIMIT|ORDER)$/.test(text));
  const condition = words.slice(where + 1, end === -1 ? undefined : end);
  const branches = split(condition);
  return branches.length > 0 && !branches.some(alwaysTrue);
}

/** The conditions that OR joins, outside parentheses. */
function split(condition: readonly SqlWord[]): SqlWord[][] {
  const branches: SqlWord[][] = [[]];
  let depth = 0;
  for (const word of condition) {
    if (word.text === '(') depth++;
    else if (word.text === ')') depth--;
    if (depth === 0 && word.kind === 'word' && word.text === 'OR') branches.push([]);
    else branches.at(-1)?.push(word);
  }
  return branches;
}

function alwaysTrue(condition: readonly SqlWord[]): boolean {
  const inner = condition.filter((word) => !(word.kind === 'mark' && /[()]/.test(word.text)));
  const [left, operator, right, ...more] = inner;
  if (left === undefined) return true;
  if (operator === undefined)
    return left.text === 'TRUE' || (/^\d+$/.test(left.text) && Number(left.text) !== 0);
  if (more.length > 0 || right === undefined)
    return left.text === 'NOT' && inner.length === 2 && /^(?:FALSE|0)$/.test(operator.text);
  const same = left.text === right.text && left.kind === right.kind;
  if (operator.text === '=' || operator.text === '>=' || operator.text === '<=') return same;
  if (operator.text === '<>' || operator.text === '!=')
    return left.kind !== 'identifier' && /^\d/.test(left.text) && /^\d/.test(right.text) && !same;
  return operator.text === 'LIKE' && right.text === '%';
}

function dropped(texts: readonly string[]): SqlLevel {
  const what = texts[1] ?? '';
  if (WIDE.has(what)) return 'wide-loss';
  if (what === 'TEMPORARY' || what === 'TEMP') return 'change';
  return texts.includes('CASCADE') ? 'wide-loss' : 'loss';
}

/** Functions and settings that change what a SELECT only seems to read. */
function selects(texts: readonly string[], words: readonly SqlWord[]): SqlLevel {
  if (texts.includes('PG_TERMINATE_BACKEND') || texts.includes('PG_DROP_REPLICATION_SLOT')) return 'change';
  const writes =
    texts[0] === 'PRAGMA' && words.some((word) => word.text === '=') && texts.includes('WRITABLE_SCHEMA');
  const into = texts.indexOf('INTO');
  return writes || (into !== -1 && !/^(?:OUTFILE|DUMPFILE)$/.test(texts[into + 1] ?? '')) ? 'change' : 'read';
}

/** A procedure, or a text that is run as SQL: the worst of what its texts say. */
function within(words: readonly SqlWord[]): SqlLevel {
  const texts = words.filter((word) => word.kind === 'string').map((word) => word.text);
  const levels = new Set(
    texts.flatMap((text) => sqlStatements(text.replace(/^\s*BEGIN\b/i, '')).map((inner) => levelOf(inner))),
  );
  const order: readonly SqlLevel[] = ['read', 'change', 'loss', 'wide-loss'];
  return order.findLast((level) => levels.has(level) && level !== 'read') ?? 'change';
}
