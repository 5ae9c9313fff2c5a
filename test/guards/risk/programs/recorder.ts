import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { type Level, strictest } from '../../../../src/core/risk.ts';
import { parseArguments } from '../../../../src/guards/risk/programs/arguments.ts';
import { handle as docker } from '../../../../src/guards/risk/programs/docker.ts';
import type { Engine, Found, Handler, Stream } from '../../../../src/guards/risk/programs/engine.ts';
import { handle as gitConfig } from '../../../../src/guards/risk/programs/git-config.ts';
import { handle as git } from '../../../../src/guards/risk/programs/git.ts';
import { handle as gitSubmodule } from '../../../../src/guards/risk/programs/git-submodule.ts';
import { applyRules, isHarmless } from '../../../../src/guards/risk/programs/rules.ts';
import { handle as statement } from '../../../../src/guards/risk/programs/statement.ts';
import { applyVerbs } from '../../../../src/guards/risk/programs/verbs.ts';
import { isKnown, known, type Value } from '../../../../src/guards/risk/shell/value.ts';
import { verbsSchema } from '../../../../src/registry/catalogue-schema.ts';
import { type Program, programsSchema } from '../../../../src/registry/commands.ts';

const handlers: Readonly<Record<string, Handler>> = {
  docker,
  git,
  'git-config': gitConfig,
  'git-submodule': gitSubmodule,
  statement,
};
const folder = fileURLToPath(new URL('../../../../registry/', import.meta.url));
const yaml = (name: string): unknown => parse(readFileSync(folder + name, 'utf8'));
const told = verbsSchema.parse(yaml('verbs.yaml'));
const verbs = {
  lose: new Set(told.lose),
  change: new Set(told.change),
  read: new Set(told.read),
  surely: new Set(told.surely),
};
const byName = new Map<string, Program>();
for (const file of readdirSync(`${folder}commands`)) {
  for (const program of programsSchema.parse(yaml(`commands/${file}`)))
    for (const name of program.programs) byName.set(name, program);
}

/** What a command was found to do: nothing is graded by where a path lies, and no code is read. */
export interface Recording {
  level: Level;
  readonly found: Found[];
  readonly code: string[];
  /** The commands that were judged, and where. */
  readonly commands: string[];
  readonly unknown: string[];
}

/** Splits a plain line into words: quotes, but nothing else of the shell. */
export function words(line: string): Value[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => ({
    ...known(word.replaceAll(/["']/g, '')),
    glob: /^[^"']*[*?]/.test(word),
  }));
}

/** Runs the registry's entry of a command, and those of the commands that it runs. */
export function record(
  line: string,
  stdin: string | null = null,
  files: ReadonlyMap<string, string> = new Map(),
): Recording {
  const made: Recording = { level: 'SAFE', found: [], code: [], commands: [], unknown: [] };
  const raise = (level: Level): void => void (made.level = strictest([made.level, level]));
  const engine: Engine = {
    elevated: false,
    protectedServices: [],
    sets: () => false,
    rebuilds: () => false,
    found: (what) => {
      made.found.push(what);
      raise(what.level ?? (what.path === undefined ? 'MEDIUM' : 'SAFE'));
    },
    remark: (_rule, level) => raise(level),
    command: (argv, options) => {
      made.commands.push(
        `${options?.elsewhere === true ? 'elsewhere: ' : ''}${argv.map((v) => v.text).join(' ')}`,
      );
      if (options?.elsewhere !== true) call(argv, options?.stdin ?? null);
      return known('');
    },
    code: (language, text) => {
      made.code.push(`${language}: ${text.text}`);
      return known('');
    },
    written: (path) => (files.has(path.text) ? known(files.get(path.text) ?? '') : null),
    content: () => known(''),
    follow: () => null,
    wrote: () => undefined,
    linked: () => undefined,
    copied: () => undefined,
    requests: [],
    resolve: (path) => (isKnown(path) ? path.text : null),
    inRoots: (path) => !path.startsWith('/') || path.startsWith('/srv/app'),
  };
  const call = (argv: readonly Value[], input: Stream | null): void => {
    const [first, ...args] = argv;
    const name = first?.text.replace(/^.*\//, '') ?? '';
    const program = byName.get(name);
    if (program === undefined) return void made.unknown.push(name);
    const invocation = {
      program,
      name,
      args,
      parsed: parseArguments(args, program.options),
      stdin: input,
      source: line,
    };
    if (isHarmless(invocation)) return;
    if (program.handler !== undefined) handlers[program.handler]?.(invocation, engine);
    applyRules(invocation, engine);
    applyVerbs(invocation, verbs, engine);
  };
  call(words(line), stdin === null ? null : known(stdin));
  return made;
}
