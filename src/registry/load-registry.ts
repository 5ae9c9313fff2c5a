import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCatalogue } from './load-catalogue.ts';
import type { RegistryData } from './registry-data.ts';
import { readSandbox } from './sandbox.ts';
import { type RulesData, rulesSchema } from './rules-schema.ts';
import { parseYaml } from './yaml-file.ts';

const SHIPPED = fileURLToPath(new URL('../../registry', import.meta.url));

/** The registry that homeostat comes with, as its files now are. */
export const readShipped = (): RegistryData => readRegistry(SHIPPED);

/** Reads and checks all that stands in the registry's folder; an error names file, line and key. */
export function readRegistry(folder: string): RegistryData {
  const file = join(folder, 'rules.yaml');
  return {
    rules: parseRules(readFileSync(file, 'utf8'), file),
    catalogue: readCatalogue(folder),
    sandbox: readSandbox(folder),
  };
}

export const parseRules = (source: string, file: string): RulesData =>
  parseYaml(source, file, rulesSchema, 'registry_invalid');
