import type { NetworkSpec } from '../../../core/engine-objects.ts';
import type { Engine } from '../../../core/engine.ts';

/** A volume or a network; `project` is that of Compose which it says it belongs to. */
export interface Shared {
  readonly name: string;
  readonly driver: string;
  /** Tells it from another of the same name that was made later. */
  readonly identity: string;
  readonly project: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** What makes it, of a network. */
  readonly network?: NetworkSpec;
}

const PROJECT = 'com.docker.compose.project';

/** All that an engine has of a kind. */
export async function sharedOf(kind: 'volumes' | 'networks', engine: Engine): Promise<Shared[]> {
  if (kind === 'networks')
    return (await engine.networks.list()).map(({ id, spec }) => ({
      name: spec.Name,
      driver: spec.Driver,
      identity: id,
      project: spec.Labels[PROJECT] ?? null,
      options: spec.Options,
      labels: spec.Labels,
      network: spec,
    }));
  return (await engine.volumes.list()).map(({ spec, created, identity }) => ({
    name: spec.Name,
    driver: spec.Driver,
    identity: identity === '' ? created : identity,
    project: spec.Labels[PROJECT] ?? null,
    options: spec.Options,
    labels: spec.Labels,
  }));
}
