import type { ActionContext } from '../../../core/context.ts';
import type { User } from '../../../core/engine-objects.ts';
import { namesService, protectedServices } from '../../../core/services.ts';
import { PROTECTED_LABEL, circumstancesOf } from '../container.ts';
import { type ObjectChange, titleOf } from './changes.ts';

/**
 * The protected services that objects belong to, so that a person is told their names: by the object's own name, by its
 * label, and by the containers that use it, also those that do not run.
 */
export async function concernsOf(
  changes: readonly ObjectChange[],
  ctx: ActionContext,
): Promise<{ concerned: string[]; circumstances: string[] }> {
  const concerned = new Set<string>();
  for (const change of changes) {
    const { names, users, labels = {} } = await aroundOf(change, ctx);
    for (const { id, name } of users)
      if (circumstancesOf(await ctx.engine.inspect(id), ctx.config).includes('protected_service'))
        concerned.add(name);
    for (const service of protectedServices(ctx.config))
      if (names.some((name) => namesService(name, service))) concerned.add(service);
    if (labels[PROTECTED_LABEL] === 'true') concerned.add(titleOf(change));
  }
  return {
    concerned: [...concerned],
    circumstances: concerned.size > 0 ? ['protected_service'] : [],
  };
}

interface Around {
  readonly names: readonly string[];
  readonly users: readonly User[];
  readonly labels?: Readonly<Record<string, string>>;
}

const COMPOSE = 'com.docker.compose.volume';

/** What is only added takes nothing from anybody. */
async function aroundOf(change: ObjectChange, { engine }: ActionContext): Promise<Around> {
  const none = { names: [], users: [] };
  switch (change.kind) {
    case 'container':
      return {
        names: [change.name],
        users: change.before?.id ? [{ id: change.before.id, name: change.name }] : [],
      };
    case 'endpoint':
      return { names: [change.container], users: [{ id: change.id, name: change.container }] };
    case 'network':
      return change.before === null
        ? none
        : {
            names: [change.name],
            users: await engine.users({ network: change.name }),
            labels: change.before.spec.Labels,
          };
    case 'volume': {
      if (change.before === null) return none;
      const { Labels } = change.before.spec;
      return {
        names: [change.name, Labels[COMPOSE] ?? ''],
        users: await engine.users({ volume: change.name }),
        labels: Labels,
      };
    }
    case 'image': {
      const was = change.before;
      if (was === null || change.pull) return none;
      return { names: change.name === null ? [] : [change.name], users: await engine.users({ image: was }) };
    }
    default:
      return none;
  }
}
