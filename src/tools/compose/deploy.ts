import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { changeKind } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import type { Kept } from '../docker/container-change.ts';
import { type Input, asked, input } from './deploy/asked.ts';
import { failureSchema } from './deploy/cause.ts';
import type { Work } from './deploy/work.ts';
import { stackSnapshot, stackStage } from './deploy/stage.ts';

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

/** Worked out to be assessed, for the stage that follows at once; each serves once. */
const works = new WeakMap<Input, Work>();

export const deployStack = defineAction({
  name: 'deploy_stack',
  title: 'Deploy a Compose stack',
  description:
    'Bring what runs to what Compose files say; where it is not healthy, what ran is put back. Builds what has a build; edits of the files can come with it; dry_run shows the plan.',
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
    const { model, plan, circumstances, edited, arrivals } = work;
    const touches = edited.changes.map((change) => ({ path: change.path, change: changeKind(change) }));
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
      touches,
      // The same words as on a command line, so that the same rules speak of them.
      commands: [
        ...arrivals.commands,
        ...touched.map((found) => ({ line: `docker stop ${nameOf(found)}`, cwd: ctx.workspace.cwd })),
      ].map((command) => ({ ...command, env: {} })),
      resources: [
        `stack:${model.project}`,
        ...touched.map(resourceOf),
        ...touches.map(({ path }) => `file:${path}`),
        ...arrivals.images.map(({ name }) => `image:${name}`),
      ],
      circumstances,
      content: contentOf(model, arrivals.images),
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
    const { changes, edits, images, networks, volumes } = snapshot;
    // What Compose had made before it failed goes with a rollback as well.
    const isLeft = failures.length > 0 && networks.length + volumes.length > 0;
    const isNothing = changes.length === 0 && edits === null && images.length === 0 && !isLeft;
    const changed = changes.map(({ name, before, after }) => ({
      service: serviceIn(after ?? before),
      container: name,
      change:
        before === null ? ('create' as const) : after === null ? ('remove' as const) : ('recreate' as const),
    }));
    const git = failures.length > 0 ? 'not committed: it failed' : await committed(stage, ctx);
    return {
      output: stage.turned === null ? { project: stage.project, changed, failures, git } : null,
      snapshot: isNothing ? null : snapshot,
      effects: null,
    };
  },

  async release({ images }, { actionId, engine }) {
    const { releaseImages } = await import('../docker/objects/kept-images.ts');
    const removed = images.flatMap(({ after, kept }) => (after === null ? [kept] : []));
    await releaseImages(actionId, engine.images, removed);
  },

  async verify(done, snapshot, ctx) {
    if (done !== null && done.failures.length > 0)
      return { ok: false, error: new HomeostatError('deploy_failed', told(done.failures)) };
    if (snapshot === null) return { ok: true };
    const [{ verifyChange }, { verifyPlanned }] = await Promise.all([
      import('../docker/container-change.ts'),
      import('../plan/planned.ts'),
    ]);
    const files = verifyPlanned(snapshot.edits, ctx);
    if (!files.ok) return files;
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
  if (!stage.git || (stage.up === null && stage.edits === null))
    return 'left as they are: nothing was deployed, or it was not asked for';
  return (await import('./deploy/git.ts')).commitFiles(stage, ctx);
}
