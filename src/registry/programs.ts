import type { Program } from './commands.ts';

/** What the registry says of programs, by their names; one name may have several entries. */
export interface Programs {
  has(name: string): boolean;
  get(name: string): readonly Program[] | undefined;
  /** All entries, each once. */
  all(): readonly Program[];
}

/** Programs whose entries are there. */
export const programsOf = (programs: readonly Program[]): Programs =>
  programsReadBy(
    (index) => programs[index] as Program,
    programs.map((program) => program.programs),
  );

/**
 * Programs from the names of each entry; the entry at an index is read when it is first asked for, since to read all of
 * them takes longer than an assessment may.
 */
export function programsReadBy(
  read: (index: number) => Program,
  names: readonly (readonly string[])[],
): Programs {
  const indexes = new Map<string, number[]>();
  for (const [index, all] of names.entries())
    for (const name of all) {
      const found = indexes.get(name);
      if (found === undefined) indexes.set(name, [index]);
      else found.push(index);
    }
  const known: Program[] = [];
  const at = (index: number): Program => (known[index] ??= read(index));
  return {
    has: (name) => indexes.has(name),
    get: (name) => indexes.get(name)?.map(at),
    all: () => names.map((_, index) => at(index)),
  };
}
