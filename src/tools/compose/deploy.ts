import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import type { Kept } from '../docker/container-change.ts';
import { failureSchema } from './deploy/cause.ts';
import type { Work } from './deploy/work.ts';
import { stackSnapshot, stackStage } from './deploy/stage.ts';

const input = z.object({
  paths: z.array(z.string().min(1)).min(1).max(10).describe('As given by -f, in order'),
  verb: z
    .enum(['up', 'update', 'remove'])
    .optional()
    .describe('up unless told; update: nothing that is not there yet; remove: containers go, volumes stay'),
  services: z.array(z.string()).min(1).optional().describe('These, with what they need; all unless told'),
  profiles: z.array(z.string()).optional(),
  project: z.string().optional().describe('Name; as Compose makes it unless told'),
  remove_orphans: z.boolean().optional().describe('Containers of services that the files no longer have'),
  remove_volumes: z.boolean().optional().describe('With remove: all data of the project is lost'),
  probes: z
    .record(z.string(), z.string())
    .optional()
    .describe('By service: http:// or tcp:// on 127.0.0.1 that answers once it is ready'),
  timeout_seconds: z.number().positive().optional().describe('How long it may take to become healthy'),
  stable_seconds: z.number().min(0).max(300).optional().describe('How long it has to stay so; 2 unless told'),
  commit: z.boolean().optional().describe('false: leave the files uncommitted in git'),
});
type Input = z.infer<typeof input>;

const stepSchema = z.object({
  service: z.string(),
  container: z.string().nullable(),
  change: z.enum(['create', 'recreate', 'remove']),
});

const output = z.object({
  project: z.string(),
  changed: z.array(stepSchema),
  failures: z.array(failureSchema),
  git: z.string().describe('Commit, or why there is none'),
});
const asked = ({
  verb = 'up',
  remove_orphans = false,
  remove_volumes = false,
  ...rest
}: Input): Parameters<typeof import('./deploy/work.ts').worked>[0] => {
  if (remove_volumes && verb !== 'remove')
    throw new HomeostatError('invalid_input', 'remove_volumes: only together with verb remove');
  return { ...rest, verb, orphans: remove_orphans, volumes: remove_volumes };
};

/** Worked out to be assessed, for the stage that follows at once; each serves once. */
const works = new WeakMap<Input, Work>();

export const deployStack = defineAction({
  name: 'deploy_stack',
  title: 'Deploy a Compose stack',
  description:
    'Bring what runs to what Compose files say; where it is not healthy, what ran is put back. Takes images that are here; dry_run shows the plan.',
  toolset: 'compose',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input,
  output,
  stageSchema: stackStage,
  snapshotSchema: stackSnapshot,

  async assess(given, ctx) {
    const { worked, protectedIn } = await import('./deploy/work.ts');
    const { contentOf } = await import('./deploy/model.ts');
    const work = await worked(asked(given), ctx);
    works.set(given, work);
    const { model, plan, circumstances } = work;
    const touched = plan.steps.flatMap(({ change, container }) =>
      change === 'keep' || container === null ? [] : [container],
    );
    const { nameOf, resourceOf } = await import('../docker/container.ts');
    const named = protectedIn(plan, ctx.config);
    const verb = given.verb ?? 'up';
    const what = [
      ...new Set(plan.steps.filter(({ change }) => change !== 'keep').map(({ service }) => service)),
    ];
    return {
      summary: `${verb} ${model.project}: ${what.join(', ') || 'nothing to do'}${named.length > 0 ? `; protected: ${named.join(', ')}` : ''}${plan.lost.length > 0 ? `; with volumes ${plan.lost.join(', ')}` : ''}`,
      level: what.length === 0 ? 'LOW' : verb === 'remove' ? 'HIGH' : 'MEDIUM',
      reversibility: plan.lost.length > 0 ? 'irreversible' : 'compensable',
      touches: [],
      // The same words as on a command line, so that the same rules speak of them.
      commands: touched.map((found) => ({
        line: `docker stop ${nameOf(found)}`,
        cwd: ctx.workspace.cwd,
        env: {},
      })),
      resources: [`stack:${model.project}`, ...touched.map(resourceOf)],
      circumstances,
      content: contentOf(model),
    };
  },

  async stage(given, ctx) {
    const [{ worked }, { stagedStack }] = await Promise.all([
      import('./deploy/work.ts'),
      import('./deploy/staged.ts'),
    ]);
    const work = works.get(given) ?? (await worked(asked(given), ctx));
    works.delete(given);
    return stagedStack(work, { ...given, git: given.commit }, ctx);
  },
  recheck: async (stage, ctx) => (await import('./deploy/recheck.ts')).recheckStack(stage, ctx),

  async commit(stage, ctx) {
    const { applyStack } = await import('./deploy/apply.ts');
    const { snapshot, failures } = await applyStack(stage, ctx);
    const isOwn = stage.up !== null || stage.lost.length > 0 || Object.keys(stage.files).length > 0;
    const changed = snapshot.changes.map(({ name, before, after }) => ({
      service: serviceIn(after ?? before),
      container: name,
      change:
        before === null ? ('create' as const) : after === null ? ('remove' as const) : ('recreate' as const),
    }));
    const git = failures.length > 0 ? 'not committed: it failed' : await committed(stage, ctx);
    return {
      output: isOwn ? { project: stage.project, changed, failures, git } : null,
      snapshot: changed.length === 0 ? null : snapshot,
      effects: null,
    };
  },

  async release(_, { actionId, engine }) {
    const { releaseImages } = await import('../docker/objects/kept-images.ts');
    await releaseImages(actionId, engine.images);
  },

  async verify(done, snapshot, ctx) {
    if (done !== null && done.failures.length > 0)
      return { ok: false, error: new HomeostatError('deploy_failed', told(done.failures)) };
    if (snapshot === null) return { ok: true };
    const { verifyChange } = await import('../docker/container-change.ts');
    for (const change of snapshot.changes) {
      const seen = await verifyChange(change, ctx);
      if (!seen.ok) return seen;
    }
    return { ok: true };
  },
  undo: async (snapshot, ctx) => (await import('./deploy/undo.ts')).undoStack(snapshot, ctx),
  recover: async (snapshot, ctx) => (await import('./deploy/apply.ts')).recoverStack(snapshot, ctx),
});

const serviceIn = (kept: Kept | null): string =>
  (kept?.spec.config['Labels'] as Record<string, string> | undefined)?.['com.docker.compose.service'] ?? '';

const told = (failures: z.infer<typeof failureSchema>[]): string =>
  failures
    .map(({ service, cause, detail, exit_code, log }) =>
      [
        `${service === '' ? 'Compose' : service}: ${cause}`,
        detail,
        exit_code === null ? '' : `exit code ${exit_code}`,
        log === '' ? '' : `last lines: ${log}`,
      ]
        .filter(Boolean)
        .join('; '),
    )
    .join(' | ');

async function committed(stage: z.infer<typeof stackStage>, ctx: ActionContext): Promise<string> {
  if (!stage.git || stage.up === null)
    return 'left as they are: nothing was deployed, or it was not asked for';
  return (await import('./deploy/git.ts')).commitFiles(stage, ctx);
}
