import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from './core/config.ts';
import type { HookAnswer, HookSettings, Hooks } from './core/hook.ts';
import { believed, isTrusted } from './guards/config-trust.ts';
import { answerHook, recordHook, shown } from './guards/hooks/answer-hook.ts';
import type { HookHouse } from './guards/hooks/hook-house.ts';
import { openCatalogue } from './guards/risk/catalogue.ts';
import { type Secrets, openSecrets } from './guards/secrets/secrets.ts';
import { openSecretFiles } from './host/secret-files.ts';
import { surroundings } from './host/surroundings.ts';
import { loadConfig } from './registry/config-file.ts';
import { configPath } from './registry/config-path.ts';
import { openRegistry } from './registry/open-registry.ts';
import { homeAt, stateFolder } from './store/home.ts';
import { stopFile } from './store/stop-file.ts';
import { openStore } from './store/store.ts';

/** So many paths are remembered of which earlier lines told where their content comes from. */
const MOST_ORIGINS = 500;

/** Folders of the package: whoever writes there decides what homeostat itself does. */
const PROGRAM = ['dist', 'registry'];

/**
 * Hooks put together on the state, without the pipeline, which takes longer to load than a hook may take.
 * `packageRoot` comes from the face, since this code may be bundled into a file elsewhere.
 */
export async function openHooks(env: NodeJS.ProcessEnv, packageRoot: string): Promise<Hooks> {
  const { registry, checked } = await openRegistry();
  if (!checked) (await import('./guards/risk/examples.ts')).checkExamples(registry);
  const machine = surroundings();
  const home = homeAt(stateFolder(env));
  const store = openStore(home);
  const user = userInfo().username;
  const origins = new Map<string, number>();
  const parts = { store, stop: stopFile(home.stop), user, machine, origins, rules: registry.rules };
  const secretFiles = openSecretFiles();
  const catalogue = openCatalogue(registry);
  const own = [home.folder, ...PROGRAM.map((name) => join(packageRoot, name))];

  /** Of the roots' own files nothing is read: a hook tells what it was asked, and not what they hold. */
  const secretsBy = ({ files: listed, variables }: Pick<Config['secrets'], 'files' | 'variables'>): Secrets =>
    openSecrets({
      env,
      variables,
      listed,
      files: () => secretFiles([], () => false, listed),
      read: () => [],
      planted: store.planted,
      digest: store.digest,
    });

  const house = ({ config: given, roots, configHome }: HookSettings): HookHouse => {
    const path = configPath(given, { ...env, XDG_CONFIG_HOME: configHome });
    // Read anew each time, so that what a person changes or trusts counts at once.
    const file = loadConfig(path);
    const trusted = isTrusted(file, store);
    const config = believed(file, user, store);
    return {
      ...parts,
      catalogue,
      config,
      secrets: secretsBy(config.secrets),
      configuration: file.source === null ? 'none' : trusted ? 'trusted' : 'untrusted',
      configPath: path,
      added: roots,
      ownFolders: [...own, dirname(path)].map((folder) => machine.real(folder)),
      existing,
    };
  };

  return {
    answer(request, settings) {
      const answer = answerHook(request, house(settings));
      for (const path of origins.keys()) {
        if (origins.size <= MOST_ORIGINS) break;
        origins.delete(path);
      }
      return answer;
    },
    refuse(client, tool, why) {
      const secrets = secretsBy({ files: [], variables: [] });
      const answer: HookAnswer = { verdict: 'deny', level: null, reason: shown(why, secrets) };
      recordHook({ client, tool, parameters: {} }, answer, 0, { store, user, secrets });
      return answer;
    },
    close: () => store.close(),
  };
}

function existing(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
