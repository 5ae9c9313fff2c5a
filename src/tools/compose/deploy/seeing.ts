import { type Project, openProject } from '../resolve/project.ts';
import type { Looking } from '../resolve/reading.ts';

/** A project as agents see it, and as it is: containers are made of the values that hidden files set. */
interface Opened<C> {
  readonly seen: Project;
  readonly whole: Project;
  /** A context in which hidden files are read; nothing of them may be shown. */
  readonly seeing: C;
}

/** Opens a project for those who work with its values and show them masked; `hidden` reads what `ctx` may not. */
export async function openWhole<C extends Looking>(
  paths: readonly string[],
  ctx: C,
  hidden: Pick<Looking['files'], 'read'> = ctx.files,
): Promise<Opened<C>> {
  const seen = await openProject(paths, ctx);
  const files = { ...ctx.files, read: hidden.read };
  const seeing: C = { ...ctx, files, isSecret: (): boolean => false };
  return { seen, whole: seen.hides ? await openProject(paths, seeing) : seen, seeing };
}
