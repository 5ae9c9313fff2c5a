import type { Config } from '../../core/config.ts';
import type { RegistryData } from '../../registry/registry-data.ts';
import { canonical } from '../../store/audit.ts';
import { sha256 } from '../../store/objects.ts';

/** A digest of all that decisions are made by: the program, the registry's rules, the believed configuration. */
export function policyVersion(
  { rules }: Pick<RegistryData, 'rules'>,
  { autonomy, protected: shielded, approvals }: Config,
  version: string,
): string {
  const { require } = approvals;
  return sha256(canonical({ version, rules, autonomy, shielded, require })).slice(0, 16);
}
