import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openAssessor } from '../assessor.ts';
import { HomeostatError } from '../core/errors.ts';
import { assessLines } from './assess-lines.ts';
import { shellLine } from './quote.ts';
import { renderAssessment, renderTree } from './render-assessment.ts';
import { jsonText, print } from './terminal.ts';

interface AssessOptions {
  readonly config?: string;
  readonly root?: string[];
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly explain?: boolean;
  readonly cwd?: string;
}

/** `homeostat assess`: what a line would do, by the rules alone. It needs no state and leaves no trace. */
export function addAssess(cli: Command): void {
  cli
    .command('assess [words...]')
    .description('tell what a command would do; nothing is run or kept')
    .option('--cwd <dir>', 'as if it were run in this folder')
    .option('--explain', 'show the line as it is understood')
    .option('--json', 'print structured content')
    .option('--jsonl', 'answer each JSON line {id, command, cwd} of standard input by one')
    .passThroughOptions()
    .action(async (words: string[], _: unknown, command: Command) => {
      const line = lineOf(words, command);
      await assess(line, command.optsWithGlobals());
    });
}

/** One word is a whole line, after which options may still follow; several are a command's words. */
function lineOf(words: readonly string[], command: Command): string | null {
  const [first, ...more] = words;
  if (first === undefined) return null;
  if (more.length === 0) return first;
  if (!/\s/.test(first) || more[0]?.startsWith('--') !== true) return shellLine(words);
  const { operands, unknown } = command.parseOptions([...more]);
  const [stray] = [...operands, ...unknown];
  if (stray !== undefined)
    throw new HomeostatError('invalid_input', `${stray} follows a whole line`, {
      next: "Quote the line as one word: homeostat assess 'CMD | CMD'.",
    });
  return first;
}

/** A line for people or as JSON; without one, the lines of standard input. */
export async function assess(line: string | null, options: AssessOptions): Promise<void> {
  if ((options.jsonl === true) === (line !== null))
    throw new HomeostatError('invalid_input', 'either a command or --jsonl is needed, and not both');
  const assessor = await openAssessor({ config: options.config });
  if (line === null) return assessLines(process.stdin, process.stdout, assessor);
  const cwd = resolve(options.cwd ?? '.');
  const assessment = assessor.assess(line, cwd, {
    counts: true,
    ...(options.root === undefined ? {} : { roots: options.root.map((root) => resolve(root)) }),
  });
  const tree = options.explain === true ? assessor.explain(line) : null;
  if (options.json === true) return print(jsonText({ ...assessment, ...(tree === null ? {} : { tree }) }));
  print(renderAssessment(line, assessment));
  if (tree !== null) print(`\n${renderTree(tree)}`);
}
