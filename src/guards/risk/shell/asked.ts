import type { RealPaths } from '../../../core/host.ts';
import type { CommandContext } from '../context.ts';
import type { Effort } from './effort.ts';

/** The machine as one assessment sees it: asked for each thing once, which counts as work. */
export function asked(ctx: CommandContext, effort: Effort): CommandContext {
  const { real, facts, text, expand, below } = ctx;
  const known: RealPaths = new Map();
  const fits = once(
    (both) => {
      const cut = both.indexOf('\0');
      return expand(both.slice(0, cut), both.slice(cut + 1));
    },
    effort,
    (paths) => 200 + 10 * (paths?.length ?? 0),
  );
  return {
    ...ctx,
    real: once(
      (path) => real(path, known),
      effort,
      () => 10,
    ),
    facts: once(facts, effort, ({ git }) => 30 + 10 * (git?.tracked ?? 0)),
    text: once(text, effort, (content) => 30 + (content?.length ?? 0) / 100),
    below: once(below, effort, (paths) => 200 + 20 * (paths?.length ?? 0)),
    expand: (cwd, pattern) => fits(`${cwd}\0${pattern}`),
  };
}

function once<T>(
  ask: (about: string) => T,
  effort: Effort,
  cost: (answer: T) => number,
): (about: string) => T {
  const answers = new Map<string, T>();
  return (about) => {
    const before = answers.get(about);
    if (before !== undefined || answers.has(about)) return before as T;
    const answer = ask(about);
    answers.set(about, answer);
    effort.spend(cost(answer));
    return answer;
  };
}
