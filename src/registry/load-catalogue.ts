import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { HomeostatError } from '../core/errors.ts';
import { type CatalogueData, foldersSchema, variablesSchema, verbsSchema } from './catalogue-schema.ts';
import { readCalls } from './calls.ts';
import { loadHttpRules } from './http.ts';
import { programsSchema } from './commands.ts';
import { parseYaml } from './yaml-file.ts';

/** Reads and checks what the registry knows of commands; an error names file, line and key. */
export function readCatalogue(folder: string): CatalogueData {
  const read = <S extends z.ZodType>(name: string, schema: S): z.output<S> => {
    const file = join(folder, name);
    return parseYaml(readFileSync(file, 'utf8'), file, schema, 'registry_invalid');
  };
  const areas = readdirSync(join(folder, 'commands'))
    .filter((name) => name.endsWith('.yaml'))
    .toSorted();
  const programs = areas.flatMap((name) => read(join('commands', name), programsSchema));
  const ids = new Set<string>();
  for (const { id } of programs) {
    if (ids.has(id)) throw new HomeostatError('registry_invalid', `two commands have the id ${id}`);
    ids.add(id);
  }
  return {
    programs,
    verbs: read('verbs.yaml', verbsSchema),
    variables: read('variables.yaml', variablesSchema),
    folders: read('folders.yaml', foldersSchema),
    requests: loadHttpRules(folder),
    calls: readCalls(folder),
  };
}
