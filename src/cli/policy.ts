import { resolve } from 'node:path';
import type { Command } from 'commander';
import { HomeostatError } from '../core/errors.ts';
import type { Explanation, Judgement, Replay } from '../core/judgement.ts';
import { visibleLine } from '../core/visible.ts';
import { adder } from './adder.ts';
import { EXIT } from './exit-codes.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonText, paint, print } from './terminal.ts';

interface Files {
  readonly rules?: string;
  /** Another than the one in use; the global option of that name stands before the command. */
  readonly config?: string;
  readonly since?: string;
}

/** `homeostat policy`: how actions are decided, tried out and explained; nothing is changed by it. */
export function addPolicy(cli: Command): void {
  const policy = cli.command('policy').description('try out and explain how actions are decided');
  const add = adder(policy);
  const files = (command: Command): Command =>
    command
      .option('--rules <file>', 'instead of the shipped registry/rules.yaml')
      .option('--config <file>', 'instead of the configuration in use');
  files(add('test', 'hold the rules to their examples, and read the configuration')).action(
    async (given: Files, c: Command) => test(given, optionsOf(c)),
  );
  files(add('replay', 'run the recorded past against a changed policy'))
    .option('--since <time>', 'only later actions: ISO 8601, UTC, as 2026-01-31T00:00:00Z')
    .action(async (given: Files, c: Command) => replay(given, optionsOf(c)));
  add('explain <id>', 'tell which facts and rules led to what became of an action').action(
    async (id: string, _: unknown, c: Command) => explain(id, optionsOf(c)),
  );
}

/** The options of every command; a command's own `--config` names the file that is tried out. */
function optionsOf(command: Command): GlobalOptions {
  const global = command.parent?.parent?.opts<GlobalOptions>() ?? {};
  return { ...global, ...(command.opts<GlobalOptions>().json === true ? { json: true } : {}) };
}

const paths = ({ rules, config }: Files): { rules?: string; config?: string } => ({
  ...(rules === undefined ? {} : { rules: resolve(rules) }),
  ...(config === undefined ? {} : { config: resolve(config) }),
});

async function test(given: Files, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ app }) => {
    const found = await app.policy.test(paths(given));
    process.exitCode = found.problems.length === 0 ? EXIT.done : EXIT.failed;
    if (options.json === true) return print(jsonText(found));
    for (const problem of found.problems) print(`${paint('red', 'wrong')} ${visibleLine(problem)}`);
    print(`${found.examples} examples of ${found.rules} rules, ${found.problems.length} problems`);
  });
}

async function replay(given: Files, options: GlobalOptions): Promise<void> {
  const since = given.since === undefined ? 0 : Date.parse(given.since);
  if (Number.isNaN(since))
    throw new HomeostatError('invalid_input', `--since ${given.since}: not a time, as 2026-01-31T00:00:00Z`);
  await withSession(options, async ({ app }) => {
    const found = await app.policy.replay(paths(given), since);
    if (options.json === true) return print(jsonText(found));
    renderReplay(found);
  });
}

function renderReplay({ actions, differing, differing_count }: Replay): void {
  for (const { action_id, time, tool, agent, summary, was, would, exact } of differing) {
    const levels = was.level === would.level ? was.level : `${was.level} -> ${would.level}`;
    print(
      `${action_id}  ${time.slice(0, 19)}  ${paint('bold', `${was.decision.verdict} -> ${would.decision.verdict}`)}  ${levels}${exact ? '' : ' (at least)'}`,
    );
    print(`  ${visibleLine(`${tool} by ${agent}: ${summary}`)}`);
    for (const { id, reason } of would.decision.rules) print(`  ${visibleLine(`${id}: ${reason}`)}`);
  }
  print(`${differing_count} of ${actions} actions would have been decided otherwise`);
}

async function explain(id: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ app }) => {
    const found = await app.policy.explain(id);
    if (options.json === true) print(jsonText(found));
    else renderExplanation(found);
  });
}

function renderExplanation({ action_id, tool, agent, summary, judgements, events }: Explanation): void {
  print(visibleLine(`${action_id}: ${tool} by ${agent}${summary === '' ? '' : `: ${summary}`}`));
  if (judgements.length === 0) print('It was refused before it was judged.');
  for (const [index, judgement] of judgements.entries()) renderJudgement(index + 1, judgement);
  print(`${judgements.length + 1}. On record`);
  for (const { seq, time, event, result, error, detail } of events)
    print(
      `   ${visibleLine([seq, time.slice(0, 19), event, result, error, detail].filter(Boolean).join('  '))}`,
    );
}

const STEPS: Readonly<Record<Judgement['step'], string>> = {
  request: 'Judged by what was asked for',
  effects: 'Judged by what its stage was found to do',
};

function renderJudgement(number: number, { step, risk, decision, settings, circumstances }: Judgement): void {
  const say = (text: string): void => print(`   ${visibleLine(text)}`);
  print(`${number}. ${STEPS[step]}: ${risk.level}, ${risk.reversibility}`);
  for (const { level, rule, reason, evidence } of risk.factors)
    say(`${level}  ${rule}: ${reason} (${evidence})`);
  if (circumstances.length > 0) say(`circumstances: ${circumstances.join(', ')}`);
  say(`autonomy: ${settings.map(({ by, level }) => `${level} (${by})`).join(', ')}; the tightest holds`);
  for (const { id, reason } of decision.rules) say(`${decision.verdict}, since ${id}: ${reason}`);
}
