import { fileURLToPath } from 'node:url';
import { compiledRegistry } from './compiled.ts';
import { type Rules, rulesOf } from './rules.ts';
import type { RulesData } from './rules-schema.ts';

export interface OpenedRules {
  readonly rules: Rules;
  /** Whether they have been held to their own examples already. */
  readonly checked: boolean;
}

const SHIPPED = fileURLToPath(new URL('../../registry', import.meta.url));

/** Beside the code that was built with it: code that runs from its sources finds none, and reads the files. */
const COMPILED = fileURLToPath(new URL('../registry.json', import.meta.url));

/** The rules as the build left them in a file; where that is not of these very rules, they are read and checked anew. */
export async function openRules(folder = SHIPPED, compiled = COMPILED): Promise<OpenedRules> {
  const data = compiledRegistry(folder, compiled);
  if (data !== null) return { rules: rulesOf(data['rules.yaml'] as RulesData), checked: true };
  // Loaded only here: schemas and YAML take longer to load than an assessment may take.
  const { loadRules } = await import('./load-rules.ts');
  return { rules: loadRules(folder), checked: false };
}
