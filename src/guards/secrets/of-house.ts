import { randomBytes } from 'node:crypto';
import { assessContext, type House } from '../house.ts';
import { isSecretPath } from '../risk/paths.ts';
import { type Secrets, openSecrets } from './secrets.ts';

const KEY = 'fingerprint_key';

/** What is known of secrets on this machine, by the server's environment, the configuration and the roots. */
export function secretsOf(house: Omit<House, 'secrets'>, env: NodeJS.ProcessEnv): Secrets {
  const { files, variables } = house.config.secrets;
  return openSecrets({
    env,
    variables,
    listed: files,
    files: (roots) =>
      house.machine.secretFiles(
        roots,
        isSecretPath(assessContext(house, { roots: [...roots], cwd: '/' })),
        files,
      ),
    key: keyOf(house),
  });
}

/** One for all processes of this state, so that what they call the same is the same. */
function keyOf({ store }: Omit<House, 'secrets'>): string {
  return store.write(() => {
    const known = store.setting(KEY);
    const key = known ?? randomBytes(32).toString('hex');
    if (known === null) store.setSetting(KEY, key);
    return key;
  });
}
