import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the configuration is looked for: where an option says, else where the environment does. */
export function configPath(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (given !== undefined) return resolve(given);
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'homeostat', 'config.yaml');
}
