import { assessContext, type House } from '../house.ts';
import { isSecretPath } from '../risk/paths.ts';
import { type Secrets, openSecrets } from './secrets.ts';

/** What is known of secrets on this machine, by the server's environment, the configuration and the roots. */
export function secretsOf(house: Omit<House, 'secrets'>, env: NodeJS.ProcessEnv): Secrets {
  const { files, variables } = house.config.secrets;
  const { planted, read, write, digest } = house.store;
  return openSecrets({
    env,
    variables,
    listed: files,
    files: (roots, anew) =>
      house.machine.secretFiles(
        roots,
        isSecretPath(assessContext(house, { roots: [...roots], cwd: '/' })),
        files,
        anew,
      ),
    read: (paths) => paths.map((path) => ({ path, text: house.machine.text(path) ?? '' })),
    planted: {
      version: () => read(() => planted.version()),
      all: () => read(() => planted.all()),
      add: (digests) => write(() => planted.add(digests)),
    },
    digest,
  });
}
