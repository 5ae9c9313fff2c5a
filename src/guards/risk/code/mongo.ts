import type { SqlLevel } from './sql.ts';
import { javascript } from './syntax/javascript.ts';
import { lex } from './lex.ts';
import type { Token } from './token.ts';

export interface MongoFinding {
  readonly level: Exclude<SqlLevel, 'read'>;
  /** The call, as far as its name goes. */
  readonly evidence: string;
}

const WIDE = new Set(['dropDatabase', 'dropAllUsersFromDatabase', 'dropAllRolesFromDatabase']);
const LOSS = words(
  'drop dropIndexes dropUser dropRole shutdownServer removeShard dropConnections dropSearchIndex dropCollection',
);
const FILTERED = new Set(['deleteMany', 'remove']);
const CHANGES = words(
  'insert insertOne insertMany update updateOne replaceOne save deleteOne dropIndex findOneAndDelete findOneAndUpdate findAndModify createIndex createCollection createUser bulkWrite renameCollection grantRolesToUser updateUser reconfig stepDown killOp',
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** What a script of MongoDB's shell does to its data; the calls that only read are left out. */
export function scanMongo(code: string): MongoFinding[] {
  const { tokens } = lex(code, javascript);
  const found: MongoFinding[] = [];
  tokens.forEach((token, at) => {
    const level = levelAt(tokens, at);
    if (level !== null)
      found.push({ level, evidence: code.slice(token.start, token.end + 60).split('\n')[0] ?? '' });
  });
  return found;
}

function levelAt(tokens: readonly Token[], at: number): MongoFinding['level'] | null {
  const token = tokens[at];
  const name = nameOf(token);
  if (name === null || token === undefined) return null;
  if (isCommand(tokens, at))
    return name === 'dropDatabase' ? 'wide-loss' : name.startsWith('drop') ? 'loss' : null;
  const isCall =
    tokens[at + 1]?.text === '(' || (tokens[at + 1]?.text === ']' && tokens[at + 2]?.text === '(');
  const isMember = /^(?:\.|\?\.|\[)$/.test(tokens[at - 1]?.text ?? '');
  if (!isCall || !isMember) return null;
  if (WIDE.has(name)) return 'wide-loss';
  if (LOSS.has(name)) return 'loss';
  const open = tokens[at + 1]?.text === '(' ? at + 1 : at + 2;
  if (FILTERED.has(name)) return isEmptyFilter(tokens, open) ? 'loss' : 'change';
  if (name === 'updateMany') return isEmptyFilter(tokens, open) ? 'loss' : 'change';
  return CHANGES.has(name) ? 'change' : null;
}

function nameOf(token: Token | undefined): string | null {
  if (token?.kind === 'name') return token.text;
  const [only] = token?.kind === 'string' ? token.parts : [];
  return typeof only === 'string' ? only : null;
}

/** `runCommand({dropDatabase: 1})`. */
function isCommand(tokens: readonly Token[], at: number): boolean {
  const command = tokens[at - 3]?.text ?? '';
  return (
    tokens[at + 1]?.text === ':' &&
    tokens[at - 1]?.text === '{' &&
    /^(?:runCommand|adminCommand)$/.test(command)
  );
}

/** True for `()`, `({})` and a filter that every document passes. */
function isEmptyFilter(tokens: readonly Token[], open: number): boolean {
  const inside = tokens
    .slice(open + 1, open + 9)
    .map((token) => nameOf(token) ?? token.text)
    .join('');
  return /^(?:\)|\{\}|\{_id:\{\$(?:exists:(?:true|1)|ne:null)\})/.test(inside);
}
