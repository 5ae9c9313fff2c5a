import type { SandboxData } from '../core/sandbox.ts';
import { type CommandData, catalogueOf } from './catalogue.ts';
import { programsOf } from './programs.ts';
import type { RegistryData } from './registry-data.ts';
import type { Rules } from './rules.ts';

/** The registry as it is used. */
export interface Registry {
  readonly rules: Rules;
  readonly commands: CommandData;
  readonly sandbox: SandboxData;
}

/** The registry from what its files say. */
export function registryOf({ rules, catalogue, sandbox }: RegistryData): Registry {
  return { rules, commands: catalogueOf(catalogue, programsOf(catalogue.programs)), sandbox };
}
