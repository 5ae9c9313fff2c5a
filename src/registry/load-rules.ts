import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Rules, rulesOf } from './rules.ts';
import { type RulesData, rulesSchema } from './rules-schema.ts';
import { parseYaml } from './yaml-file.ts';

/** Reads and checks `rules.yaml`; an error names file, line and key. */
export const loadRules = (folder: string): Rules => rulesOf(readRules(folder));

export function readRules(folder: string): RulesData {
  const file = join(folder, 'rules.yaml');
  return parseYaml(readFileSync(file, 'utf8'), file, rulesSchema, 'registry_invalid');
}

export const parseRules = (source: string, file: string): Rules =>
  rulesOf(parseYaml(source, file, rulesSchema, 'registry_invalid'));
