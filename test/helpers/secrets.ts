import { createHmac } from 'node:crypto';
import type { SecretText } from '../../src/core/secrets.ts';
import { type Secrets, openSecrets } from '../../src/guards/secrets/secrets.ts';

const digest = (content: string | Uint8Array): string =>
  createHmac('sha256', 'key').update(content).digest('hex');

/** What knows secrets, without a machine: of these variables and files. */
export const testSecrets = (
  env: NodeJS.ProcessEnv = {},
  files: readonly SecretText[] = [],
  listed: readonly string[] = [],
): Secrets =>
  openSecrets({
    env,
    variables: [],
    listed,
    files: () => files,
    read: () => [],
    planted: { version: () => 0, all: () => new Set(), add: () => undefined },
    digest,
  });
