import type { SandboxData } from '../core/sandbox.ts';
import type { CatalogueData } from './catalogue-schema.ts';
import type { RulesData } from './rules-schema.ts';

/** What the registry's files say, checked, as JSON can hold it. */
export interface RegistryData {
  readonly rules: RulesData;
  readonly catalogue: CatalogueData;
  readonly sandbox: SandboxData;
}
