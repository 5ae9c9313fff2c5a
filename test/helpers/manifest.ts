import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'manifest.py');
/** As many digits as the program tells an answer's length with. */
const LENGTH = 16;

/** One path as the program tells it. */
export interface Told {
  readonly type: string;
  readonly mtime_ns: string;
  readonly [aspect: string]: unknown;
}

interface Program {
  readonly questions: number;
  readonly answers: number;
}

let running: Program | null = null;

/** Every path below a folder with its content and all its metadata, as a program outside the product tells it. */
export function manifestOf(folder: string): Record<string, Told> {
  const { questions, answers } = (running ??= start());
  writeSync(questions, `${JSON.stringify(folder)}\n`);
  try {
    const told = read(answers, Number(read(answers, LENGTH)));
    return JSON.parse(told) as Record<string, Told>;
  } catch (error) {
    running = null;
    throw new Error(`manifest.py did not tell of ${folder}; what it printed says why`, { cause: error });
  }
}

/** One for as long as this process lives: to start Python takes far longer than to look at a small folder. */
function start(): Program {
  const base = mkdtempSync(join(tmpdir(), 'homeostat-manifest-'));
  const [questions, answers] = [join(base, 'questions'), join(base, 'answers')];
  execFileSync('mkfifo', [questions, answers]);
  // No child of this process: what is below it would be taken for a command's strays.
  const line = 'exec python3 -IS "$0" <"$1" >"$2" &';
  spawnSync('sh', ['-c', line, PROGRAM, questions, answers], { stdio: ['ignore', 'ignore', 'inherit'] });
  const program = { questions: openSync(questions, 'w'), answers: openSync(answers, 'r') };
  rmSync(base, { recursive: true });
  return program;
}

function read(from: number, size: number): string {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const count = readSync(from, bytes, at, size - at, null);
    if (count === 0) throw new Error('it has ended');
    at += count;
  }
  return bytes.toString();
}
