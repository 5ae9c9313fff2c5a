import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { type JsonSchema, toolSchemas } from '../../src/core/json-schema.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { writeScriptedModel } from '../llama/model-file.mjs';
import { cli } from './cli-process.ts';
import type { Scratch } from './scratch.ts';

const FOLDER = join(PACKAGE_ROOT, 'test', 'llama');
const LLAMA = join(FOLDER, 'node_modules', 'node-llama-cpp');

/** node-llama-cpp, without its packages for graphics cards; installed by the first test that needs it. */
export async function installLlama(): Promise<string> {
  if (!existsSync(join(LLAMA, 'dist'))) await execa('npm', ['ci'], { cwd: FOLDER });
  return LLAMA;
}

/** An input as the grammar wants it: every property in its order, null for what is left out. */
function full(value: unknown, schema: JsonSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => full(item, (schema['items'] ?? {}) as JsonSchema));
  const properties = schema['properties'] as Record<string, JsonSchema> | undefined;
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const given = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [name, full(given[name] ?? null, field)]),
  );
}

/** JSON with the blanks that a grammar of node-llama-cpp lets through. */
export function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`);
  return `{${fields.join(', ')}}`;
}

/** One step of a script that calls a tool; its input must be like that of no other step. */
export function calls(tool: string, input: object): string[] {
  const known = TOOLS.find(({ name }) => name === tool);
  const schema = known === undefined ? {} : toolSchemas(known).input;
  return ['||call: ', tool, spaced(full(input, schema))];
}

/** The last step: what the model says and then nothing more. */
export const says = (text: string): string[] => [text];

export interface RunLine {
  readonly event: string;
  readonly [field: string]: unknown;
}
export interface DeedLine {
  readonly action_id: string;
  readonly tool: string;
  readonly outcome: string;
  readonly dry_run: boolean;
  readonly error: string | null;
  readonly audit: readonly number[];
}
export interface ReportLine extends RunLine {
  readonly run: string;
  readonly agent: string;
  readonly stop: string;
  readonly what: string;
  readonly said: string;
  readonly steps: number;
  readonly done: readonly DeedLine[];
  readonly undone: readonly DeedLine[];
  readonly left: readonly DeedLine[];
  readonly refused: readonly DeedLine[];
  readonly shown: readonly DeedLine[];
}
export interface RunResult {
  readonly code: number | undefined;
  readonly stderr: string;
  readonly lines: readonly RunLine[];
  readonly report: ReportLine;
  /** The tools that were called, in order, with how each ended. */
  readonly deeds: readonly string[];
}

/** `homeostat agent run` as a process of its own. */
export async function agentRun(place: Scratch, args: readonly string[]): Promise<RunResult> {
  const env = { ...place.env, HOMEOSTAT_LLAMA: await installLlama() };
  const { code, stdout, stderr } = await cli({ ...place, env }, ['agent', 'run', ...args, '--json']);
  return { code, stderr, ...readRun(stdout) };
}

export function readRun(stdout: string): Omit<RunResult, 'code' | 'stderr'> {
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RunLine);
  const deeds = lines
    .filter(({ event }) => event === 'answer')
    .map(({ tool, outcome }) => `${String(tool)} ${String(outcome)}`);
  return { lines, deeds, report: lines.at(-1) as ReportLine };
}

/** Writes a script as a model file and gives its path. */
export function script(place: Scratch, steps: readonly (readonly string[])[]): string {
  const file = join(place.base, 'script.gguf');
  writeScriptedModel(file, steps);
  return file;
}

/** Writes a script for each card and gives the options by which a goal's runs play them. */
export function goalScripts(
  place: Scratch,
  scripts: Readonly<Record<string, readonly (readonly string[])[]>>,
): string[] {
  const files = Object.entries(scripts).map(([card, steps]) => {
    const file = join(place.base, `${card}.gguf`);
    writeScriptedModel(file, steps);
    return { card, file };
  });
  const [first] = files;
  return [
    '--model',
    first?.file ?? '',
    ...files.flatMap(({ card, file }) => ['--model-of', `${card}=${file}`]),
  ];
}
