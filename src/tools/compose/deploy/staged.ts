import type { ActionContext } from '../../../core/context.ts';
import type { Staged } from '../../../core/stages.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { keptBy } from '../../docker/bound.ts';
import { nameOf } from '../../docker/container.ts';
import { keptOf } from '../../docker/container-change.ts';
import { tagged } from '../../docker/images/reference.ts';
import { effectsOfEdits } from './edits.ts';
import type { Watched } from './health.ts';
import { leadsOf } from './leads.ts';
import { type Body, LABEL, type Model, type Service, digestOf } from './model.ts';
import type { Plan, Step } from './plan.ts';
import { probedWith, ranWith } from './ran.ts';
import type { StackStage } from './stage.ts';
import type { Work } from './work.ts';

export interface Waiting {
  readonly probes?: Readonly<Record<string, string>> | undefined;
  readonly timeout_seconds?: number | undefined;
  readonly stable_seconds?: number | undefined;
  readonly git?: boolean | undefined;
}

const STABLE_S = 2;
const LOST =
  'What the processes of containers that go have in memory, and what lies in tmpfs mounts, is lost.';
const BACK =
  'Where it does not become healthy, or by an undo, what ran before runs again: the same images, configuration and written files.';
const FILES_BACK = 'The files are then put back as well, to the byte.';
const VOLUMES_STAY = 'Volumes and networks stay.';
const VOLUMES_GO = 'The volumes go with all that they hold, and do not come back.';

/** A deploy worked out to the last container, and everything that it was worked out from. */
export async function stagedStack(
  work: Work,
  waiting: Waiting,
  ctx: ActionContext,
): Promise<Staged<StackStage>> {
  const { model, standing, plan, powers, circumstances, edited, arrivals, sharers } = work;
  const touched = plan.steps.filter(({ change }) => change === 'recreate' || change === 'remove');
  const written = await Promise.all(
    touched.map(async ({ container }) => (container === null ? 0 : ctx.engine.writtenBytes(container.Id))),
  );
  const tooMuch = written.reduce((sum, bytes) => sum + bytes, 0) > ctx.config.limits.snapshot_bytes;
  const used = new Set(plan.made.map(({ image }) => image));
  const held = standing.volumes.filter(({ project }) => project === model.project);
  const going = touched.flatMap(({ container }) => container ?? []);
  const up = plan.made.length === 0 ? null : upOf(work, waiting, ctx);
  const stage: StackStage = {
    project: model.project,
    changes: changesOf(touched, 'remove'),
    replaced: changesOf(touched, 'recreate'),
    up,
    networks: [...plan.networks],
    volumes: [...plan.volumes],
    lost: [...plan.lost],
    files: await digestsOf([...new Set(model.read)], ctx),
    ran: ranWith(standing.containers, model.project, ctx),
    turned: null,
    leads: await leadsOf(plan.made, model, ctx),
    sources: [...work.project.files],
    edits: edited.changes.length === 0 ? null : { changes: [...edited.changes] },
    images: {
      ...Object.fromEntries([...used].map((name) => [name, standing.images.get(name)?.id ?? null])),
      ...Object.fromEntries(arrivals.bases),
    },
    coming: [...arrivals.images],
    named: [],
    held: Object.fromEntries(held.map(({ name, identity }) => [name, identity])),
    standing: standing.containers.map(({ Id }) => Id),
    well: standing.containers
      .filter(
        ({ State, RestartCount = 0 }) => isWell(State.Status, State.Health?.Status) && RestartCount === 0,
      )
      .map(nameOf),
    probes: {
      before: await probedWith(going, model.project, ctx),
      after: Object.fromEntries(
        (up?.watched ?? []).flatMap(({ service, probe }) => (probe === null ? [] : [[service, probe]])),
      ),
    },
    git: waiting.git ?? true,
  };
  const given = powers.map(
    ({ service, what }) => `It gives ${service === '' ? 'every service' : service} ${what}.`,
  );
  const lost = plan.lost.length > 0;
  const files = await effectsOfEdits(edited.changes, ctx);
  const notes = [
    ...edited.notes,
    ...arrivals.notes,
    touched.length > 0 ? LOST : '',
    BACK,
    edited.changes.length > 0 ? FILES_BACK : '',
    lost ? VOLUMES_GO : VOLUMES_STAY,
    keptBy(sharers).trim(),
    ...new Set(given),
  ];
  return {
    stage,
    effects: {
      known: true,
      note: notes.filter(Boolean).join(' '),
      changes: files.changes,
      diff: `${files.diff}${planText(model.project, plan, arrivals.lines)}`,
    },
    circumstances: [...circumstances, ...(tooMuch ? ['not_all_preserved'] : [])],
    reversibility: lost || tooMuch ? 'irreversible' : 'compensable',
  };
}

const isWell = (status: string, health = 'healthy'): boolean => status === 'running' && health === 'healthy';

const changesOf = (steps: readonly Step[], kind: Step['change']): StackStage['changes'] =>
  steps.flatMap(({ change, container }) =>
    container === null || change !== kind
      ? []
      : [{ name: nameOf(container), before: keptOf(container), after: null }],
  );

/** Digest of each file; null where there is none. */
export async function digestsOf(
  paths: readonly string[],
  ctx: ActionContext,
): Promise<Record<string, string | null>> {
  const found = await Promise.all(
    paths.map(async (path) => [path, (await ctx.files.state(path))?.digest ?? null] as const),
  );
  return Object.fromEntries(found);
}

function upOf(
  { model, standing, plan, arrivals }: Work,
  waiting: Waiting,
  ctx: ActionContext,
): StackStage['up'] {
  // Of one that comes with the deploy it is known only then.
  const comes = new Set(arrivals.images.map(({ name }) => name));
  const idOf = ({ image }: Service): string | null =>
    comes.has(tagged(image)) ? null : (standing.images.get(image)?.id ?? '');
  const awaited = new Set(model.services.flatMap(({ awaits }) => awaits));
  return {
    model: modelText(model, ctx.actionId),
    services: plan.made.map(({ name }) => name).filter((name) => !plan.more.includes(name)),
    more: [...plan.more],
    watched: plan.made.map((service): Watched => ({
      service: service.name,
      image: idOf(service),
      name: service.image,
      probe: probeOf(waiting.probes?.[service.name] ?? service.probe),
      ends: awaited.has(service.name),
    })),
    seconds: Math.min(
      waiting.timeout_seconds ?? ctx.config.limits.command_seconds,
      ctx.config.limits.command_seconds,
    ),
    stable_seconds: waiting.stable_seconds ?? STABLE_S,
  };
}

/** Only this machine is asked: an address elsewhere would be a way to send something out. */
const OWN = /^(https?|tcp):\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(\/|$)/;

function probeOf(address: string | null): string | null {
  if (address === null || (OWN.test(address) && URL.canParse(address))) return address;
  throw new HomeostatError(
    'invalid_input',
    `probe ${address}: neither http:// nor tcp:// of 127.0.0.1, localhost or [::1]`,
  );
}

/** All that Compose is told: JSON, which is YAML, with every `$` doubled so that nothing is filled in once more. */
function modelText(model: Model, action: string): string {
  const active = new Set(model.services.map(({ name }) => name));
  const services = model.services.map((service) => {
    const { name, body, replicas } = service;
    const labels = {
      ...(body['labels'] as Body | undefined),
      [LABEL.config]: digestOf(service),
      [LABEL.deploy]: action,
      [LABEL.folder]: model.folder,
    };
    const depends = dependsOn(body['depends_on'], active);
    return [name, { ...body, ...depends, ...(replicas === 1 ? {} : { scale: replicas }), labels }] as const;
  });
  return JSON.stringify({ services: Object.fromEntries(services), ...model.sections }, (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('$', '$$$$') : value,
  );
}

/** Only what every version of Compose knows, and services that are there. */
function dependsOn(given: unknown, active: ReadonlySet<string>): Body {
  if (given === undefined) return {};
  const entries = Array.isArray(given)
    ? given.map((name): [string, Body] => [String(name), {}])
    : Object.entries((given ?? {}) as Record<string, Body>);
  return {
    depends_on: Object.fromEntries(
      entries
        .filter(([name]) => active.has(name))
        .map(([name, { condition = 'service_started' }]) => [name, { condition }]),
    ),
  };
}

const SIGNS = { create: '+', recreate: '~', remove: '-', keep: ' ' } as const;

/** A plan as people read it. */
function planText(
  project: string,
  { steps, networks, volumes, lost, orphans, unread }: Plan,
  images: readonly string[],
): string {
  const lines = steps
    .filter(({ change }) => change !== 'keep')
    .map(({ service, container, change, why }) => {
      const name = container === null ? '' : ` (${nameOf(container)})`;
      return `${SIGNS[change]} ${change} ${service}${name}: ${why.join('; ')}`;
    });
  const kept = steps.filter(({ change }) => change === 'keep').length;
  return [
    `stack ${project}`,
    ...images,
    ...lines,
    ...networks.map((name) => `+ create network ${name}`),
    ...volumes.map((name) => `+ create volume ${name}`),
    ...lost.map((name) => `- remove volume ${name} with all that it holds`),
    ...(orphans.length > 0 ? [`  no service of the files has ${orphans.join(', ')}: left alone`] : []),
    ...(unread.length > 0
      ? [`  not compared, since nothing tells what it was made with: ${unread.join(', ')}`]
      : []),
    ...(kept > 0 ? [`  ${kept} containers stay as they are`] : []),
    '',
  ].join('\n');
}
