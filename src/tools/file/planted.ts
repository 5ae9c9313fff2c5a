import type { ActionContext } from '../../core/context.ts';
import type { Described } from '../../core/effects.ts';
import type { Staged } from '../../core/stages.ts';

interface Written {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

const CALLED_COMPOSE = /compose[^/]*\.(ya?ml|json)$/i;
/** A key that is written with escapes could be any. */
const SAYS_SERVICES = /\b(services|include)["']?\s*:|\\[xuU][\da-f]/i;
/** Whether a file's name is one that a Compose file may have. */
export const mayBeCompose = (path: string): boolean => /\.(ya?ml|json)$|compose/i.test(path);

/** A stage with what its files give containers as circumstances: a Compose file is more than a text. */
export async function withPlanted<S>(
  staged: Staged<S>,
  written: readonly Written[],
  ctx: ActionContext,
): Promise<Staged<S>> {
  const likely = written.filter(({ path, after }) => CALLED_COMPOSE.test(path) || SAYS_SERVICES.test(after));
  if (likely.length === 0) return staged;
  const { plantedIn } = await import('../compose/planted.ts');
  const [circumstances, what]: [Set<string>, Set<string>] = [new Set(staged.circumstances), new Set()];
  for (const { path, before, after } of likely) {
    const gain = await plantedIn(path, before, after, ctx);
    for (const one of gain.circumstances) circumstances.add(one);
    for (const one of gain.what) what.add(one);
  }
  if (what.size === 0) return staged;
  const note = [...what, staged.effects.note].join('. ');
  return { ...staged, circumstances: [...circumstances], effects: { ...staged.effects, note } };
}

/** Texts of a plan's files that may be Compose files. */
export const writtenIn = (described: readonly Described[]): Written[] =>
  described.flatMap(({ change: { path }, before, after }) =>
    typeof after?.text === 'string' && mayBeCompose(path)
      ? [{ path, before: before?.text ?? '', after: after.text }]
      : [],
  );
