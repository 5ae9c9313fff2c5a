import type { Command } from 'commander';
import { adder } from './adder.ts';
import { addAgentRun } from './agent-run.ts';
import { listCards, showCard } from './agent-cards.ts';
import { listRuns } from './agent-runs.ts';
import { listTasks } from './agent-tasks.ts';
import type { GlobalOptions } from './session.ts';

/** `homeostat agent`: cards, and runs of a model that works through one. */
export function addAgent(cli: Command): void {
  const agent = cli.command('agent').description('cards, and models that work through them');
  const add = adder(agent);
  add('list', 'every card, and who wrote it').action(async (_: unknown, c: Command) =>
    listCards(c.optsWithGlobals<GlobalOptions>()),
  );
  add('show <name>', 'what a card lets an agent do, and its prompt').action(
    async (name: string, _: unknown, c: Command) => showCard(name, c.optsWithGlobals<GlobalOptions>()),
  );
  add('runs', 'runs of models, the newest first, and which of them can go on').action(
    async (_: unknown, c: Command) => listRuns(c.optsWithGlobals<GlobalOptions>()),
  );
  add('tasks <run>', 'what a run has handed out, and what its agents wrote').action(
    async (run: string, _: unknown, c: Command) => listTasks(run, c.optsWithGlobals<GlobalOptions>()),
  );
  addAgentRun(agent);
}
