import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HomeostatError } from '../core/errors.ts';
import type { JsonSchema } from '../core/json-schema.ts';

/** What is used of node-llama-cpp 3, which is an optional peer: typed here, loaded when it is needed. */
export interface NodeLlama {
  getLlama(options: { gpu: 'auto'; build: 'never'; logLevel: string; maxThreads: number }): Promise<{
    loadModel(options: { modelPath: string; gpuLayers: 'auto' }): Promise<LlamaModel>;
  }>;
  readonly LlamaChat: new (options: { contextSequence: Sequence }) => Chat;
  readGgufFileInfo(
    file: string,
    options: { logWarnings: boolean; sourceType: 'filesystem' },
  ): Promise<GgufInfo>;
}

export interface GgufInfo {
  readonly version: number;
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly totalTensorCount: number;
}

export interface LlamaModel {
  readonly trainContextSize: number;
  readonly gpuLayers: number;
  tokenize(text: string): readonly number[];
  readonly tokenizer: unknown;
  createContext(options: { contextSize: number | { max: number } }): Promise<LlamaContext>;
}

export interface LlamaContext {
  readonly contextSize: number;
  getSequence(): Sequence;
}

export interface Sequence {
  readonly tokenMeter: {
    getState(): object;
    diff(before: object): { usedInputTokens: number; usedOutputTokens: number };
  };
}

/** Items of a history as node-llama-cpp has them. */
export type HistoryItem = { type: 'system' | 'user'; text: string } | { type: 'model'; response: unknown[] };

export interface ChatFunctions {
  readonly [name: string]: { readonly params: JsonSchema };
}

export interface Chat {
  readonly chatWrapper: {
    readonly wrapperName: string;
    generateContextState(options: {
      chatHistory: readonly HistoryItem[];
      availableFunctions: ChatFunctions;
      documentFunctionParams: boolean;
    }): { contextText: { tokenize(tokenizer: unknown): readonly number[] } };
  };
  generateResponse(
    history: readonly HistoryItem[],
    options: {
      functions: ChatFunctions;
      documentFunctionParams: boolean;
      maxParallelFunctionCalls: number;
      maxTokens: number;
      temperature?: number;
      seed: number;
      signal: AbortSignal;
      onTextChunk: (text: string) => void;
    },
  ): Promise<{
    response: string;
    functionCalls?: { functionName: string; params: unknown; raw: unknown }[];
    lastEvaluation: { cleanHistory: readonly HistoryItem[] };
    metadata: { stopReason: string };
  }>;
}

/** Loads it from beside homeostat, or from the folder that HOMEOSTAT_LLAMA names. */
export async function loadNodeLlama(env: NodeJS.ProcessEnv): Promise<NodeLlama> {
  const folder = env['HOMEOSTAT_LLAMA'];
  const entry =
    folder === undefined || folder === ''
      ? 'node-llama-cpp'
      : pathToFileURL(join(resolve(folder), 'dist', 'index.js')).href;
  try {
    return (await import(entry)) as NodeLlama;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new HomeostatError('not_found', `node-llama-cpp cannot be loaded: ${what}`, {
      next: 'Install it beside homeostat (npm install --global node-llama-cpp), or name its folder in HOMEOSTAT_LLAMA, or use --endpoint.',
      cause,
    });
  }
}

/** A key, or a tensor, takes more bytes than this. */
const LEAST_ENTRY = 12n;

/**
 * A file that may be loaded: it is there, and the counts in its header could be true. With others the reader of
 * node-llama-cpp goes on until memory is full. Throws `not_found` and `wrong_type`.
 */
export function modelFile(path: string): string {
  if (!existsSync(path))
    throw new HomeostatError('not_found', `there is no model file ${path}`, {
      next: '`homeostat model list` shows those that are here; `homeostat model pull` brings one.',
    });
  const header = Buffer.alloc(24);
  const descriptor = openSync(path, 'r');
  try {
    const read = readSync(descriptor, header);
    const entries = header.readBigUInt64LE(8) + header.readBigUInt64LE(16);
    if (
      read < header.length ||
      header.toString('latin1', 0, 4) !== 'GGUF' ||
      entries * LEAST_ENTRY > BigInt(fstatSync(descriptor).size)
    )
      throw new HomeostatError('wrong_type', `${path} is no model file of the kind GGUF`, {
        next: 'Pull it again, with its checksum.',
      });
  } finally {
    closeSync(descriptor);
  }
  return resolve(path);
}
