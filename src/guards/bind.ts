import { canonical } from '../store/audit.ts';
import { checkCard } from './cards/bounds.ts';
import { actionContext, isSecretIn } from './context.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';

/** Step 1: the input is checked, and the tool says in facts what it would do. */
export async function bind(run: Run, raw: unknown, house: House): Promise<void> {
  if (!run.tool.urgent) checkCard(run.tool, run.caller.principal, house);
  run.bound = run.tool.bind(raw);
  run.intent = await run.bound.assess(actionContext(run, house));
  learnSecrets(run, house);
  const { principal, workspace } = run.caller;
  // What an approval will be bound to, together with the staged effects.
  run.requestDigest = house.store.digest(
    canonical({
      tool: run.tool.name,
      input: run.bound.input,
      principal,
      workspace,
      ...(run.intent.content === undefined ? {} : { content: run.intent.content }),
    }),
  );
  run.undoes = run.intent.undoes ?? null;
}

/** What an agent writes into a file of secrets is one before it is on record, where others may read it. */
function learnSecrets({ bound, intent, caller }: Run, house: House): void {
  const isSecret = isSecretIn(house, caller.workspace);
  if (intent?.touches.some(({ path }) => isSecret(path)) !== true) return;
  for (const text of Object.values(bound?.input ?? {}))
    if (typeof text === 'string') house.secrets.hear(text);
}
