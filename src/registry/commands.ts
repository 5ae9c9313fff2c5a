import * as z from 'zod';
import { effectKindSchema, levelSchema, reversibilitySchema } from '../core/risk-schema.ts';
import { ON_PATHS } from './on-paths.ts';

const words = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((w) => (typeof w === 'string' ? [w] : w));

/**
 * Which words of a command a rule speaks of: `operands`, `first`, `last`, `rest` (all but the first), `init` (all but
 * the last), `from N` (the N-th and on, from 1), `nth N`, `after SUB` is `rest` after the words of `sub`; an option
 * (`-o`, `--output`) stands for its value, `of=` for what follows that key, `cwd` for the working folder, `stdin`
 * for what is piped in.
 */
const selectorSchema = z
  .string()
  .regex(/^(operands|first|last|rest|init|args|cwd|stdin|from \d+|nth \d+|-{1,2}[\w?-]+|[\w-]+=)$/);

export const RUNS = [
  'command',
  'shell',
  'python',
  'javascript',
  'ruby',
  'perl',
  'php',
  'lua',
  'awk',
  'powershell',
  'sql',
  'mongo',
  'redis',
  'sed',
] as const;

const ruleSchema = z
  .strictObject({
    /** The command's first words (options left out), blanks between them; `*` stands for one word or a part of one. */
    sub: words.optional(),
    /** Any of these options is given. `-r` is also found in `-rf`, `--recursive` in `--rec` and `--recursive=x`. */
    has: words.optional(),
    /** None of these options is given. */
    lacks: words.optional(),
    /** A regular expression that one of the operands or option values fits. */
    arg: z.string().optional(),
    /** A regular expression on all arguments, joined by blanks. */
    args: z.string().optional(),
    /** At least, at most so many operands (after those of `sub`). */
    min: z.number().int().optional(),
    max: z.number().int().optional(),
    effect: effectKindSchema.optional(),
    on: z
      .union([selectorSchema, z.array(selectorSchema).min(1)])
      .transform((s) => (typeof s === 'string' ? [s] : s))
      .optional(),
    /** Whole trees and not the named paths alone. */
    recursive: z.boolean().default(false),
    /** The level of effects on other things than paths, and the least of those on paths, whose level follows from where they lie. */
    level: levelSchema.optional(),
    reversibility: reversibilitySchema.optional(),
    reason: z.string().min(10).optional(),
    /** What it runs is what `on` selects. */
    runs: z.enum(RUNS).optional(),
    /** What it runs, it runs on another machine or in a container. */
    elsewhere: z.boolean().default(false),
    /** A typed tool that does it reversibly. */
    instead: z.string().optional(),
  })
  .refine(
    (rule) => rule.effect !== undefined || rule.level !== undefined || rule.runs !== undefined,
    'a rule needs an effect, a level or runs',
  )
  .refine((rule) => rule.runs === undefined || rule.on !== undefined, 'runs needs on')
  .refine(
    (rule) => rule.effect === undefined || !ON_PATHS.has(rule.effect) || rule.on !== undefined,
    'an effect on paths needs on',
  );
export type ProgramRule = z.output<typeof ruleSchema>;

export const programSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  reason: z.string().min(10),
  programs: z.array(z.string()).min(1),
  options: z
    .strictObject({
      /** `gnu`: `-rf`, `--long=x`; `words`: `-word x` is one option (find, terraform, java); `keys`: `of=x`; `none`: all are operands. */
      style: z.enum(['gnu', 'words', 'keys', 'none']).default('gnu'),
      /** Options that take a value, joined or as the next argument. */
      valued: z.array(z.string()).default([]),
      /** Further long options, so that abbreviations of them are understood (`--rec` for `--recursive`). */
      long: z.array(z.string()).default([]),
      /** True where the first operand ends the options (env, sudo, ssh, docker run). */
      stop: z.boolean().default(false),
    })
    .prefault({}),
  /** Options with which it does nothing but tell. `--help` and `--version` are always among them unless listed in `options`. */
  harmless: z.array(z.string()).default([]),
  /** What operands are that no rule speaks of: files that are read and shown, files unless they have blanks in them, or mere text. */
  operands: z.enum(['paths', 'words', 'text']).default('paths'),
  /** Its standard output: what it read (`passes`), something from the network, or nothing that matters. */
  prints: z.enum(['passes', 'network', 'text']).default('passes'),
  /** A part of the assessor in code that knows this program; its rules speak as well. */
  handler: z.string().optional(),
  /** The words of `registry/verbs.yaml` tell what a subcommand does that no rule names; its loss is of this kind. */
  verbs: effectKindSchema.optional(),
  /** The level where it has rules with `sub` and none of them fits, nor a verb. */
  otherwise: levelSchema.default('MEDIUM'),
  rules: z.array(ruleSchema).default([]),
  /** Lines at which one of its rules, verbs or handlers finds something above SAFE; for a program that only reads, lines that it knows. */
  match: z.array(z.string()).min(1),
  /** Lines at which it finds nothing above SAFE; for a program that only reads, lines that it does not know. */
  not_match: z.array(z.string()).min(1),
});
export type Program = z.output<typeof programSchema>;

export const programsSchema = z.array(programSchema);
