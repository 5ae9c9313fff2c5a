import type { Inspected } from '../../../core/engine.ts';
import { goalOf } from '../../../core/container-spec.ts';
import { fieldsOfContainer } from './container-fields.ts';
import { type Difference, NOTHING, compared } from './fields.ts';
import { fieldsOfService } from './file-fields.ts';
import { LABEL, type Model, type Service, digestOf, ordered } from './model.ts';
import type { Standing } from './standing.ts';

/** How images come with a deploy, by name as the files have it. */
export type Fresh = ReadonlyMap<string, 'built' | 'pulled'>;

/** What a service's containers are made for. */
export interface Reasons {
  /** Why what is there is made anew, or what a new one is made of; empty where it stays as it is. */
  readonly anew: string[];
  /** Where there are more of them or fewer than the file wants. */
  readonly count: string | null;
  /** What of the file no container tells, as `SERVICE: KEY`. */
  readonly unread: readonly string[];
}

export const NO_REASONS: Reasons = { anew: [], count: null, unread: [] };

const MOST_NAMED = 12;

/** Why each service's containers are made, or made anew; those that stay as they are have no reason. */
export function reasonsOf(
  chosen: readonly Service[],
  model: Model,
  standing: Standing,
  ofService: ReadonlyMap<string, readonly Inspected[]>,
  fresh: Fresh,
): Map<string, Reasons> {
  const reasons = new Map<string, Reasons>();
  for (const service of chosen) {
    const found = ofService.get(service.name) ?? [];
    const [anew, unread] = [new Set<string>(), new Set<string>()];
    const count =
      found.length === service.replicas ? null : `${service.replicas} wanted, ${found.length} there`;
    if (found.length === 0)
      for (const one of told(compared(fieldsOfService(service, model, null, standing), NOTHING).differences))
        anew.add(one);
    for (const container of found) {
      const differs = differing(service, container, model, standing, fresh);
      for (const one of differs.why) anew.add(one);
      for (const key of differs.unread) unread.add(`${service.name}: ${key}`);
    }
    reasons.set(service.name, { anew: [...anew], count, unread: [...unread] });
  }
  // What shares a container's network or processes has to find the new one.
  for (const { name, shares } of ordered(chosen))
    for (const other of shares) {
      const there = (ofService.get(other) ?? []).length > 0;
      if (there && (reasons.get(other)?.anew ?? []).length > 0)
        reasons.get(name)?.anew.push(`shares what ${other} has, which is made anew`);
    }
  return reasons;
}

/** Why a container is not what the file says, and what nothing tells of it. */
function differing(
  service: Service,
  found: Inspected,
  model: Model,
  standing: Standing,
  fresh: Fresh,
): { why: string[]; unread: readonly string[] } {
  const image = standing.images.get(service.image) ?? null;
  const goal = goalOf(found);
  const ended = goal === 'exited' && !(found.State.ExitCode === 0 && isAwaited(service.name, model));
  const state = ended || goal === 'paused' ? [`it is ${found.State.Status}`] : [];
  const how = fresh.get(service.image);
  const { differences, unread } = compared(
    fieldsOfService(service, model, image?.id ?? null, standing),
    fieldsOfContainer(found, standing.images.get(found.Image) ?? null, standing),
  );
  const fields = differences.filter(({ key }) => how === undefined || key !== 'image');
  const last = found.Config.Labels?.[LABEL.config];
  const isOther = fields.length === 0 && last !== undefined && last !== digestOf(service);
  return {
    why: [
      ...state,
      ...(how === undefined ? [] : [`its image is ${how} anew`]),
      ...told(fields),
      ...(isOther ? ['its configuration has changed'] : []),
    ],
    unread: last === undefined ? unread : [],
  };
}

/** What a person is told of fields. However many variables and labels there are, they hide nothing of what runs. */
function told(fields: readonly Difference[]): string[] {
  const isNamed = ({ key }: Difference): boolean => /^(environment|labels)\./.test(key);
  const plain = fields.filter((field) => !isNamed(field));
  const named = fields.filter(isNamed);
  return [
    ...plain.map(({ key, file, runs }) => `${key}: ${runs ?? 'nothing'} → ${file ?? 'nothing'}`),
    // Values of variables are nobody's to read in a plan.
    ...named
      .slice(0, MOST_NAMED)
      .map(({ key, file, runs }) => `${key} ${file === null ? 'goes' : runs === null ? 'comes' : 'changes'}`),
    ...(named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more variables and labels`] : []),
  ];
}

const isAwaited = (name: string, model: Model): boolean =>
  model.services.some(({ awaits }) => awaits.includes(name));
