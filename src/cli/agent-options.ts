import { type Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from './session.ts';

/** Which model answers; a run's own tasks are worked on with the same. */
export interface ModelOptions {
  readonly model?: string;
  readonly endpoint?: string;
  readonly apiKeyEnv?: string;
  readonly context?: number;
  readonly temperature?: number;
  readonly maxTokens?: number;
}

export interface RunOptions extends GlobalOptions, ModelOptions {
  readonly autonomous?: boolean;
  readonly maxSteps?: number;
  readonly dryRun?: boolean;
  readonly resume?: string;
  readonly parallel: number;
  /** Models of single cards. */
  readonly modelOf?: Readonly<Record<string, string>>;
  /** The task that it works on; its parent has started it, and holds its standard input open. */
  readonly task?: string;
  /** Whether its parent asks the person what is held. */
  readonly asks?: boolean;
}

const count = (value: string): number => {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidArgumentError('a whole number above 0');
  return Number(value);
};

const temperature = (value: string): number => {
  if (!/^[01](\.\d+)?$|^2(\.0+)?$/.test(value)) throw new InvalidArgumentError('a number from 0 to 2');
  return Number(value);
};

function ofCard(value: string, all: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, card, model] = /^([a-z][a-z-]*)=(.+)$/s.exec(value) ?? [];
  if (card === undefined || model === undefined) throw new InvalidArgumentError('CARD=MODEL');
  return { ...all, [card]: model };
}

const PARALLEL = 2;

/** Adds the options of `agent run`. */
export const withRunOptions = (command: Command): Command =>
  command
    .argument('[card]', 'whose prompt, tools and limits')
    .argument('[goal]', 'what is to be achieved')
    .option('--model <file>', 'a GGUF file; with --endpoint the name of its model')
    .option('--model-of <card=model>', 'another for the tasks of a card (repeatable)', ofCard)
    .option('--endpoint <url>', 'an endpoint of OpenAI’s kind, such as http://127.0.0.1:11434/v1')
    .option('--api-key-env <name>', 'the environment variable that has the endpoint’s key')
    .option('--context <n>', 'tokens of context; else what the card says', count)
    .option('--temperature <t>', '0 to 2; else what the card says', temperature)
    .option('--max-tokens <n>', 'of one answer; else what the card says', count)
    .option('--max-steps <n>', 'at most so many steps', count)
    .option('--parallel <n>', 'work on so many tasks at once', count, PARALLEL)
    .option('--autonomous', 'never ask; what needs a person is left held')
    .option('--dry-run', 'let every action only show what it would do')
    .option('--resume <run>', 'go on with a run that was cut short')
    .option('--task <id>', 'work on a task of a goal; the orchestrator’s run starts this by itself')
    .option('--asks', 'with --task: ask the run that started it what is held')
    .option('--json', 'print one JSON object for each thing that happens');
