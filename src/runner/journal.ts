import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { HomeostatError } from '../core/errors.ts';
import { isLocked, takeLock } from './file-lock.ts';
import type { Turn } from './model.ts';

/** What a run was begun with; the first line of its journal. */
const beginSchema = z.object({
  kind: z.literal('run'),
  id: z.string(),
  card: z.string(),
  goal: z.string(),
  mark: z.string(),
  time: z.string(),
  cwd: z.string(),
  dry_run: z.boolean(),
  /** Of the card as it was then. */
  card_digest: z.string(),
});

const callSchema = z.object({
  id: z.string(),
  tool: z.string(),
  input: z.record(z.string(), z.unknown()).nullable(),
});
const turnSchema = z.union([
  z.object({ role: z.enum(['system', 'user']), text: z.string() }),
  z.object({
    role: z.literal('model'),
    text: z.string(),
    calls: z.array(callSchema).readonly(),
    raw: z.unknown().optional(),
  }),
  z.object({ role: z.literal('tool'), call: z.string(), tool: z.string(), text: z.string() }),
]) satisfies z.ZodType<Turn>;

const lineSchema = z.discriminatedUnion('kind', [
  beginSchema,
  z.object({
    kind: z.literal('turn'),
    turn: turnSchema,
    tokens: z.number().optional(),
    fault: z.string().optional(),
    /** The last message that it tells of. */
    heard: z.number().optional(),
  }),
  /** Written before a call goes out, so that no crash lets it go out twice. */
  z.object({
    kind: z.literal('calling'),
    call: z.string(),
    tool: z.string(),
    input: z.record(z.string(), z.unknown()),
    time: z.string(),
  }),
  z.object({
    kind: z.literal('answered'),
    call: z.string(),
    outcome: z.string(),
    action_id: z.string().nullable(),
    level: z.string().nullable(),
    /** Of its risk; null where nothing was carried out. */
    score: z.number().nullable(),
    text: z.string(),
  }),
  z.object({ kind: z.literal('ended'), stop: z.string(), time: z.string() }),
]);
type JournalLine = z.infer<typeof lineSchema>;
export type Begin = z.infer<typeof beginSchema>;
export type Answered = Extract<JournalLine, { kind: 'answered' }>;

/** A run on disk: every turn and call as one line, durable before a call follows from it. */
export interface Journal {
  readonly begin: Begin;
  readonly lines: readonly JournalLine[];
  add(line: Exclude<JournalLine, Begin>): void;
  close(): void;
}

/**
 * What is flushed, and all before it, though the machine should fail next: what a call follows from, and the end. An
 * answer that is lost then is looked up in the record.
 */
const FLUSHED: ReadonlySet<JournalLine['kind']> = new Set(['run', 'calling', 'ended']);

const ID = /^[a-z0-9]{6,20}$/;

function fileOf(folder: string, id: string): string {
  if (!ID.test(id)) throw new HomeostatError('invalid_input', `${id} is no id of a run`);
  return join(folder, `${id}.jsonl`);
}

/** Begins a run's journal in the folder of all runs. Throws where it cannot be written. */
export function beginJournal(folder: string, begin: Begin): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder, begin.id);
  return locked(file, (unlock) => {
    // One that was cut short in its first line is nobody's, since this process has the lock.
    const flags = existsSync(file) && !isBegun(file) ? 'w' : 'ax';
    const journal = opened(file, openSync(file, flags, 0o600), begin, [], unlock);
    journal.write(begin);
    return journal;
  });
}

/** Goes on with a run, or begins it where its first line is not on disk yet. */
export function goOnOrBegin(folder: string, begin: Begin): Journal {
  return isBegun(fileOf(folder, begin.id)) ? resumeJournal(folder, begin.id) : beginJournal(folder, begin);
}

const isBegun = (file: string): boolean => existsSync(file) && readFileSync(file, 'utf8').includes('\n');

/** Opens the journal of a run that was cut short, without the line that was being written then. */
export function resumeJournal(folder: string, id: string): Journal {
  const file = fileOf(folder, id);
  const checkThere = (): void => {
    if (existsSync(file)) return;
    throw new HomeostatError('not_found', `there is no run ${id}`, {
      next: '`homeostat agent runs` lists those that there are.',
    });
  };
  checkThere();
  return locked(file, (unlock) => {
    // It may have been cleared away while this waited.
    checkThere();
    const source = readFileSync(file, 'utf8');
    const lines = linesIn(source);
    const [begin] = lines ?? [];
    if (lines === null || begin?.kind !== 'run')
      throw new HomeostatError('state_corrupt', `${file} is no journal of a run`);
    truncateSync(file, Buffer.byteLength(wholeLines(source)));
    return opened(file, openSync(file, 'a'), begin, lines, unlock);
  });
}

/** Without the line that was being written when the run was cut short. */
const wholeLines = (source: string): string => source.slice(0, source.lastIndexOf('\n') + 1);

/** The lines of a journal; null where it is none. */
export function linesIn(source: string): JournalLine[] | null {
  try {
    const lines = wholeLines(source).split('\n').filter(Boolean);
    return z.array(lineSchema).parse(lines.map((line) => JSON.parse(line) as unknown));
  } catch {
    return null;
  }
}

function opened(
  file: string,
  descriptor: number,
  begin: Begin,
  lines: JournalLine[],
  unlock: () => void,
): Journal & { write(line: JournalLine): void } {
  const again = `go on: homeostat agent run --resume ${begin.id}`;
  const write = (line: JournalLine): void => {
    const { size } = fstatSync(descriptor);
    try {
      writeFileSync(descriptor, `${JSON.stringify(line)}\n`);
      if (FLUSHED.has(line.kind)) fsyncSync(descriptor);
    } catch (cause) {
      // Part of a line may be there, which the next one would be joined to.
      ftruncateSync(descriptor, size);
      throw new HomeostatError(
        'record_failed',
        `the journal of the run ${begin.id} cannot be written: ${String(cause)}`,
        { next: `Make room, then ${lines.length < 2 ? 'begin it again' : again}`, cause },
      );
    }
    lines.push(line);
  };
  return {
    begin,
    lines,
    write,
    add: write,
    close() {
      closeSync(descriptor);
      // Nothing came of it, so there is nothing to go on with.
      if (lines.length < 2) remove(file);
      unlock();
    },
  };
}

/** Whether a process works on a run. */
export const isBusy = (file: string): boolean => isLocked(lockOf(file));

/** One process works on a run. */
function locked<T>(file: string, work: (unlock: () => void) => T): T {
  const unlock = taken(file);
  if (unlock === null)
    throw new HomeostatError('resource_busy', `another process works on the run of ${file}`);
  try {
    return work(unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function taken(file: string): (() => void) | null {
  try {
    return takeLock(lockOf(file));
  } catch (cause) {
    throw new HomeostatError('record_failed', `the lock of ${file} cannot be taken: ${String(cause)}`, {
      cause,
    });
  }
}

/** Takes away a run that nobody works on; answers whether it was there, and could be. */
export function removeRun(file: string): boolean {
  const release = taken(file);
  if (release === null) return false;
  const isThere = existsSync(file);
  remove(file);
  release();
  return isThere;
}

function remove(file: string): void {
  rmSync(file, { force: true });
  rmSync(lockOf(file), { force: true });
}

const lockOf = (file: string): string => `${file}.lock.db`;
