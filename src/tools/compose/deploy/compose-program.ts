import type { ActionContext } from '../../../core/context.ts';
import { type Failure, failureOfCompose } from './cause.ts';
import type { StackStage } from './stage.ts';

/** Version 2 where Docker's client has it, else the program of version 1. */
const FIND = 'C="docker compose"; $C version >/dev/null 2>&1 || C=docker-compose';

/**
 * Variables of Compose alone. Nobody's home: what an agent may have put there, a plug-in or a program that gives
 * credentials, is not run, and no credentials are needed where images are here.
 */
const ALONE = {
  HOME: '/nonexistent',
  DOCKER_CONFIG: '/nonexistent',
  COMPOSE_ANSI: 'never',
  COMPOSE_PROFILES: '',
};

/** Has Compose make and start the services' containers from a model that it reads from nowhere else; null where it did. */
export async function composeUp(
  { project, up }: Pick<StackStage, 'project' | 'up'>,
  ctx: ActionContext,
): Promise<Failure | null> {
  if (up === null) return null;
  return (
    (await composed(project, up, '--force-recreate', up.services, ctx)) ??
    (await composed(project, up, '--no-recreate', up.more, ctx))
  );
}

async function composed(
  project: string,
  up: NonNullable<StackStage['up']>,
  recreate: '--force-recreate' | '--no-recreate',
  services: readonly string[],
  ctx: ActionContext,
): Promise<Failure | null> {
  if (services.length === 0) return null;
  // From the root folder, whose .env no agent writes.
  const options = `--project-directory / -p ${project} -f -`;
  const how = `up -d --no-build --no-deps ${recreate}`;
  const ran = await ctx.engine.forClient(async (variables) =>
    ctx.commands.run({
      line: `${FIND}; exec $C ${options} ${how} -- ${services.join(' ')}`,
      cwd: '/',
      env: { ...ALONE, ...variables },
      timeoutMs: up.seconds * 1000,
      outputBytes: ctx.config.limits.output_bytes,
      actionId: ctx.actionId,
      signal: ctx.signal,
      input: up.model,
    }),
  );
  ctx.signal.throwIfAborted();
  return ran.exitCode === 0
    ? null
    : failureOfCompose(ran.exitCode, ran.timedOut, `${ran.stdout}\n${ran.stderr}`);
}
