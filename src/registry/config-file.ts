import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Config, configSchema } from '../core/config.ts';
import { type CardText, readCardTexts } from './cards.ts';
import { parseYaml } from './yaml-file.ts';

/** The configuration as it was found; `source` is null where there is no file. */
export interface ConfigFile {
  readonly path: string;
  readonly source: string | null;
  readonly config: Config;
  /** A person's own cards, from the folder `agents` beside it; they are trusted with it. */
  readonly cards: readonly CardText[];
}

/** Where a person's own cards lie. */
export const ownCardsFolder = (path: string): string => join(dirname(path), 'agents');

/** Reads the configuration; no file is a valid one. Throws `config_invalid` with file, line and key. */
export function loadConfig(path: string): ConfigFile {
  const cards = readCardTexts(ownCardsFolder(path));
  if (!existsSync(path)) return { path, source: null, config: configSchema.parse({}), cards };
  const source = readFileSync(path, 'utf8');
  return { path, source, config: parseConfig(source, path), cards };
}

export const parseConfig = (source: string, path: string): Config =>
  parseYaml(source, path, configSchema, 'config_invalid');
