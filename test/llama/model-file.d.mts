/** Writes a model of random weights under a seed; `words` are tokens of their own, `liking` is a bias by token. */
export function writeRandomModel(
  file: string,
  seed: number,
  words?: readonly string[],
  liking?: Readonly<Record<string, number>>,
): void;
/** Writes a model that plays a script; the last text of each step is its mark and must stand nowhere else. */
export function writeScriptedModel(file: string, steps: readonly (readonly string[])[]): void;
