import { HomeostatError, asHomeostatError } from '../../core/errors.ts';
import type { ContainerRow } from '../../core/engine.ts';
import type { HealthRow, Running } from '../../core/metrics.ts';
import type { Keeper } from '../audit/keeper.ts';
import type { House } from '../house.ts';
import { shortage } from '../limits/space.ts';
import { stopReason } from '../stop.ts';
import { soon } from './soon.ts';

/** How homeostat’s own parts are; each is asked by itself, so that one that fails hides no other. */
export async function partsOf(house: House, keeper: Keeper): Promise<HealthRow[]> {
  const { store, machine } = house;
  const rows: HealthRow[] = [];
  const ask = async (name: string, look: () => Promise<Omit<HealthRow, 'name'>>): Promise<void> => {
    try {
      rows.push({ name, ...(await look()) });
    } catch (error) {
      rows.push({ name, status: 'failing', found: asHomeostatError(error).message });
    }
  };
  await ask('state', async () => {
    if (store.gone()) throw new HomeostatError('state_corrupt', 'the database was taken away');
    return {
      status: 'ok',
      found: `opens, ${store.read(() => store.actions.unfinished()).length} actions unfinished`,
    };
  });
  await ask('audit', async () => {
    keeper.check();
    return { status: 'ok', found: `whole at its end, record ${store.read(() => store.audit.count())}` };
  });
  await ask('disk', async () => {
    const short = shortage(house);
    return short === null
      ? { status: 'ok', found: 'room for snapshots' }
      : { status: 'failing', found: short };
  });
  await ask('sandbox', async () => {
    const { rung, why } = await machine.sandbox.probe();
    return rung === 'snapshot' ? { status: 'degraded', found: why } : { status: 'ok', found: rung };
  });
  await ask('engine', async () => {
    const running = await soon(machine.engine.running);
    return { status: 'ok', found: `${running.length} containers run` };
  });
  await ask('hooks', async () => ({ status: 'ok', found: machine.hookResident() ? 'resident' : 'at rest' }));
  await ask('stop', async () => {
    const reason = stopReason(house);
    return reason === null
      ? { status: 'ok', found: 'not pulled' }
      : { status: 'degraded', found: `pulled: ${reason}` };
  });
  return rows;
}

const DOCKER: Readonly<Record<NonNullable<Running['health']>, HealthRow['status']>> = {
  healthy: 'ok',
  unhealthy: 'failing',
  starting: 'degraded',
};

/** How a container is; null of one that has done what it was for, or was never started. */
function containerRow({ name, state, status }: ContainerRow, health: Running['health']): HealthRow | null {
  // A stop by hand ends with a code as well, so that it is no failure for sure.
  if (state === 'exited')
    return status.startsWith('Exited (0)')
      ? null
      : { name, status: 'degraded', found: `does not run: ${status}` };
  if (state === 'created' || state === 'removing') return null;
  if (state === 'dead') return { name, status: 'failing', found: 'dead: the engine could not remove it' };
  if (state === 'restarting') return { name, status: 'failing', found: `ends again and again: ${status}` };
  if (state === 'paused') return { name, status: 'degraded', found: 'paused' };
  return health === null
    ? { name, status: 'unknown', found: 'runs, and has no probe' }
    : { name, status: DOCKER[health], found: `docker: ${health}` };
}

/** How services are: by Docker’s own probes, and by those that a person has configured. */
export async function servicesOf({ config, machine }: House): Promise<HealthRow[]> {
  const targets = Object.entries(config.probes).map(([name, url]) => ({ name, url }));
  const { engine } = machine;
  const [all, running, probed] = await Promise.all([
    soon((signal) => engine.list(true, signal)).catch(() => []),
    soon(engine.running).catch(() => []),
    Promise.all(targets.map(async (target) => machine.probe(target))),
  ]);
  const healths = new Map(running.map(({ name, health }) => [name, health]));
  const rows = all.map((row) => containerRow(row, healths.get(row.name) ?? null));
  return [...probed, ...rows.filter((row) => row !== null)];
}
