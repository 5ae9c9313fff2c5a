import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { Failure } from './cause.ts';
import type { Body, Model, Service } from './model.ts';

/** Where each path leads that containers get, as far as it lies where agents write. */
type Leads = Readonly<Record<string, string>>;

export async function leadsOf(
  services: readonly Service[],
  { sections }: Model,
  ctx: ActionContext,
): Promise<Leads> {
  const mounted = services.flatMap(({ body }) =>
    (Array.isArray(body['volumes']) ? (body['volumes'] as unknown[]) : []).map((one) =>
      typeof one === 'string' ? one.split(':')[0] : (one as Body)['source'],
    ),
  );
  const files = ['secrets', 'configs'].flatMap((name) =>
    Object.values((sections[name] ?? {}) as Record<string, Body | null>).map((entry) => entry?.['file']),
  );
  const paths = [...mounted, ...files].filter((path): path is string => String(path).startsWith('/'));
  const found: [string, string][] = [];
  for (const path of new Set(paths)) {
    const real = await realOf(path, ctx);
    if (real !== null) found.push([path, real]);
  }
  return Object.fromEntries(found);
}

/** The first path that leads elsewhere by now; null where none does. */
export async function ledAway(leads: Leads, ctx: ActionContext): Promise<string | null> {
  for (const [path, real] of Object.entries(leads)) if ((await realOf(path, ctx)) !== real) return path;
  return null;
}

/** The same as a failure: containers were started with what was there in between. */
export async function ledAwayFailure(leads: Leads, ctx: ActionContext): Promise<Failure | null> {
  const path = await ledAway(leads, ctx);
  if (path === null) return null;
  const detail = `${path} leads elsewhere than when it was approved`;
  return { service: '', cause: 'mount_failed', detail, exit_code: null, log: '' };
}

/** Null outside the roots. */
async function realOf(path: string, { files }: ActionContext): Promise<string | null> {
  try {
    return await files.resolve(path, true);
  } catch (error) {
    if (error instanceof HomeostatError) return null;
    throw error;
  }
}
