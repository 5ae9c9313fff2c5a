import { existsSync, readFileSync } from 'node:fs';
import { type Config, configSchema } from '../core/config.ts';
import { parseYaml } from './yaml-file.ts';

/** The configuration as it was found; `source` is null where there is no file. */
export interface ConfigFile {
  readonly path: string;
  readonly source: string | null;
  readonly config: Config;
}

/** Reads the configuration; no file is a valid one. Throws `config_invalid` with file, line and key. */
export function loadConfig(path: string): ConfigFile {
  if (!existsSync(path)) return { path, source: null, config: configSchema.parse({}) };
  const source = readFileSync(path, 'utf8');
  return { path, source, config: parseConfig(source, path) };
}

export const parseConfig = (source: string, path: string): Config =>
  parseYaml(source, path, configSchema, 'config_invalid');
