import type { CallEntry, Calls } from './call-entry.ts';
import type { CallData, CallsData } from './calls.ts';
import type { HttpRule } from './http.ts';
import type { CatalogueData } from './catalogue-schema.ts';
import type { Programs } from './programs.ts';

/** A variable that decides what a program runs or reads. */
export interface VariableRule {
  readonly name: RegExp;
  readonly programs: readonly string[] | null;
  readonly level: 'MEDIUM' | 'HIGH' | 'CRITICAL';
  readonly reason: string;
  /** Whether its value is a shell line, or a file of such, that the program runs, or options that it takes. */
  readonly runs: 'line' | 'file' | 'options' | null;
}

/** What folders mean by where they lie or how they are named. */
export interface Folders {
  readonly build: ReadonlySet<string>;
  /** Names of files that are made anew; one that begins with `*` stands for all that end so. */
  readonly rebuilt: readonly string[];
  readonly temporary: readonly string[];
  readonly system: readonly string[];
}

/** Words that tell what a subcommand does. */
export interface Verbs {
  readonly lose: ReadonlySet<string>;
  readonly change: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
  readonly surely: ReadonlySet<string>;
}

/** What the registry knows of commands. */
export interface CommandData {
  readonly programs: Programs;
  readonly verbs: Verbs;
  readonly variables: readonly VariableRule[];
  readonly folders: Folders;
  readonly requests: readonly HttpRule[];
  readonly calls: Calls;
}

type CatalogueRest = Omit<CatalogueData, 'programs'>;

/** The registry as it is used, from what its files say. */
export function catalogueOf(
  { verbs, variables, folders, requests, calls }: CatalogueRest,
  programs: Programs,
): CommandData {
  return {
    programs,
    verbs: {
      lose: new Set(verbs.lose),
      change: new Set(verbs.change),
      read: new Set(verbs.read),
      surely: new Set(verbs.surely),
    },
    variables: variables.map((rule) => ({ ...rule, name: new RegExp(rule.name) })),
    folders: { ...folders, build: new Set(folders.build) },
    requests,
    calls: callsOf(calls),
  };
}

/** What calls do, by language, as a scanner uses it. */
export const callsOf = (data: CallsData): Calls =>
  new Map(Object.entries(data).map(([language, entries]) => [language, entries.map(callOf)]));

const callOf = ({ when, on, trim, ...call }: CallData): CallEntry => ({
  ...call,
  when: when === undefined ? undefined : { ...when, is: new RegExp(when.is, 's') },
  on: on === undefined ? undefined : new RegExp(on, 'is'),
  trim: trim === undefined ? undefined : new RegExp(trim, 's'),
});
