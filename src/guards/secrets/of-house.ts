import { assessContext, type House } from '../house.ts';
import { isSecretPath } from '../risk/paths.ts';
import { type Secrets, openSecrets } from './secrets.ts';

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
    digest: house.store.digest,
  });
}
