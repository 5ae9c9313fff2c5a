import type { ActionContext } from '../../../core/context.ts';
import { namesProtected } from '../../../core/services.ts';
import { type Comer, neighbours, takesNameOf } from '../../docker/taken-names.ts';
import type { Model, Service } from './model.ts';
import { networksOf } from './network-fields.ts';
import { textsIn, textsOrOne } from './notation.ts';
import type { Plan } from './plan.ts';
import { type Standing, serviceNameOf } from './standing.ts';

/**
 * Whether what is made answers to a protected service's name where others look for that: as the container's own name,
 * which is the engine's, on a network that is not the project's alone, or wherever a protected container is found by it.
 */
export async function takesProtectedName(
  model: Model,
  standing: Pick<Standing, 'containers' | 'networks'>,
  { made }: Pick<Plan, 'made'>,
  ctx: Pick<ActionContext, 'engine' | 'config'>,
): Promise<boolean> {
  const own = standing.containers.map(({ Id }) => Id);
  const stands = new Map(standing.networks.map(({ name, project }) => [name, project]));
  const isShared = (network: string): boolean => stands.has(network) && stands.get(network) !== model.project;
  const comers = made.flatMap((service) => comersOf(service, model).map((comer) => ({ service, comer })));
  if (
    made.some(({ body }) => namesProtected(textsOrOne(body['container_name']), ctx.config)) ||
    comers.some(({ comer }) => isShared(comer.network) && namesProtected(comer.names, ctx.config))
  )
    return true;
  const joined = [...new Set(comers.map(({ comer }) => comer.network))].filter((name) => stands.has(name));
  const strangers = (await Promise.all(joined.map(async (name) => neighbours(name, ctx, own)))).flat();
  return comers.some(({ service, comer }) => {
    const others = standing.containers.filter((found) => serviceNameOf(found) !== service.name);
    return takesNameOf(comer, [...others, ...strangers], ctx);
  });
}

/** Under which names a service's containers come to each of their networks. */
const comersOf = (service: Service, model: Model): Comer[] =>
  networksOf(service, model).map(([network, how]) => ({
    network,
    names: [
      service.name,
      ...textsIn(how['aliases']),
      ...textsOrOne(service.body['hostname']),
      ...textsOrOne(service.body['container_name']),
    ],
  }));
