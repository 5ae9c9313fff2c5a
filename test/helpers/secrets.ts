import type { SecretText } from '../../src/core/secrets.ts';
import { type Secrets, openSecrets } from '../../src/guards/secrets/secrets.ts';

/** What knows secrets, without a machine: of these variables and files. */
export const testSecrets = (
  env: NodeJS.ProcessEnv = {},
  files: readonly SecretText[] = [],
  listed: readonly string[] = [],
): Secrets => openSecrets({ env, variables: [], listed, files: () => files, key: 'key' });
