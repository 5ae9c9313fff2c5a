import type { Command } from 'commander';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { PACKAGE_ROOT } from '../app.ts';
import { HomeostatError } from '../core/errors.ts';
import { visibleLine } from '../core/visible.ts';
import { startInference } from '../runner/llama.ts';
import { ModelFailure } from '../runner/model.ts';
import { modelFile } from '../runner/node-llama.ts';
import { pull } from '../runner/pull.ts';
import { adder } from './adder.ts';
import type { GlobalOptions } from './session.ts';
import { jsonLine, note, print, progressLine } from './terminal.ts';

/** Where models are kept: beside no state and in no root. */
export function modelFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'homeostat', 'models');
}

/** A model by its path, or by the name of one that was pulled. */
export function findModel(name: string, env: NodeJS.ProcessEnv): string {
  const pulled = join(modelFolder(env), basename(name));
  return !existsSync(name) && name === basename(name) && existsSync(pulled) ? pulled : modelFile(name);
}

/** Adds `model pull|list|info`. */
export function addModel(cli: Command): void {
  const parent = cli.command('model').description('model files on this machine');
  const add = adder(parent);
  add('pull <from>', 'bring a GGUF file: from an https address, or from a file')
    .option('--sha256 <hex>', 'the checksum that it must have')
    .action(async (from: string, _: unknown, c: Command) => pullModel(from, c.optsWithGlobals()));
  add('list', 'those that were brought').action((_: unknown, c: Command) => list(c.optsWithGlobals()));
  add('info <file>', 'what a model file says of itself').action(
    async (file: string, _: unknown, c: Command) => info(file, c.optsWithGlobals()),
  );
}

const MEGA = 1_000_000;
const WIDTH = 30;

/** `[#####     ] 120 of 240 MB` */
function bar(here: number, all: number | null): string {
  const done = `${Math.floor(here / MEGA)}`;
  if (all === null) return `${done} MB`;
  const full = Math.min(WIDTH, Math.floor((here / Math.max(all, 1)) * WIDTH));
  return `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${done} of ${Math.ceil(all / MEGA)} MB`;
}

async function pullModel(from: string, options: GlobalOptions & { sha256?: string }): Promise<void> {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const show = progressLine();
  let shown = '';
  const pulled = await pull({
    folder: modelFolder(process.env),
    from,
    sha256: options.sha256 ?? null,
    signal: abort.signal,
    onProgress(here, all) {
      const line = bar(here, all);
      if (line !== shown) show((shown = line));
    },
  });
  if (options.json === true) print(jsonLine(pulled));
  else {
    note(`${pulled.file}: ${pulled.bytes} bytes, SHA-256 ${pulled.sha256}`);
    if (options.sha256 === undefined) note('compare the checksum with what its publisher names');
  }
}

function list({ json }: GlobalOptions): void {
  const folder = modelFolder(process.env);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.gguf$/i.test(name)) : [];
  const models = names.toSorted().map((name) => ({ name, bytes: statSync(join(folder, name)).size }));
  if (json === true) return print(jsonLine({ folder, models }));
  if (models.length === 0) return note(`no model in ${folder}: homeostat model pull FROM`);
  for (const { name, bytes } of models) print(`${visibleLine(name)}  ${Math.ceil(bytes / MEGA)} MB`);
}

async function info(name: string, { json }: GlobalOptions): Promise<void> {
  const file = findModel(name, process.env);
  const inference = startInference(join(PACKAGE_ROOT, 'dist', 'main.js'), process.env);
  try {
    const told = (await inference.ask({ ask: 'info', file })) as Record<string, unknown>;
    if (json === true) return print(jsonLine({ file, ...told }));
    const said: Record<string, unknown> = { file, ...told };
    for (const [key, value] of Object.entries(said)) print(visibleLine(`${key}: ${String(value)}`));
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    throw new HomeostatError('wrong_type', `${file} cannot be read as a model: ${error.message}`, {
      next: error.next ?? 'Pull it again, with its checksum.',
      cause: error,
    });
  } finally {
    await inference.close();
  }
}
