import type { Program } from './commands.ts';
import type { HttpRuleData } from './http.ts';
import type { CatalogueData } from './catalogue-schema.ts';

/** A variable that decides what a program runs or reads. */
export interface VariableRule {
  readonly name: RegExp;
  readonly programs: readonly string[] | null;
  readonly level: 'MEDIUM' | 'HIGH' | 'CRITICAL';
  readonly reason: string;
  /** Whether its value is a shell line, or a file of such, that the program runs. */
  readonly runs: 'line' | 'file' | null;
}

/** What folders mean by where they lie or how they are named. */
export interface Folders {
  readonly build: ReadonlySet<string>;
  readonly temporary: readonly string[];
  readonly system: readonly string[];
}

/** Words that tell what a subcommand does. */
export interface Verbs {
  readonly lose: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
  readonly surely: ReadonlySet<string>;
}

/** What a request to a web service means, by its method, host and path. */
export interface HttpRule extends Omit<HttpRuleData, 'host' | 'path' | 'body'> {
  readonly host: RegExp | undefined;
  readonly path: RegExp | undefined;
  readonly body: RegExp | undefined;
}

/** What the registry knows of commands. */
export interface CommandData {
  readonly programs: ReadonlyMap<string, readonly Program[]>;
  readonly verbs: Verbs;
  readonly variables: readonly VariableRule[];
  readonly folders: Folders;
  readonly requests: readonly HttpRule[];
}

/** The registry as it is used, from what its files say. */
export function catalogueOf({ programs, verbs, variables, folders, requests }: CatalogueData): CommandData {
  const named = new Map<string, Program[]>();
  for (const program of programs) {
    for (const name of program.programs) {
      const all = named.get(name);
      if (all === undefined) named.set(name, [program]);
      else all.push(program);
    }
  }
  return {
    programs: named,
    verbs: { lose: new Set(verbs.lose), read: new Set(verbs.read), surely: new Set(verbs.surely) },
    variables: variables.map((rule) => ({ ...rule, name: new RegExp(rule.name) })),
    folders: { ...folders, build: new Set(folders.build) },
    requests: requests.map((rule) => ({ ...rule, host: patternOf(rule.host), path: patternOf(rule.path), body: patternOf(rule.body) })),
  };
}

const patternOf = (source: string | undefined): RegExp | undefined => (source === undefined ? undefined : new RegExp(source, 'is'));
