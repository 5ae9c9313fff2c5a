import { dirname } from 'node:path';
import type { Assessor } from './core/assessor.ts';
import type { Config } from './core/config.ts';
import { assessor } from './guards/assessor.ts';
import { surroundings } from './host/surroundings.ts';
import { configPath } from './registry/config-path.ts';
import { openCatalogue } from './guards/risk/catalogue.ts';
import { openRegistry } from './registry/open-registry.ts';
import { homeAt, stateFolder } from './store/home.ts';

export interface AssessorOptions {
  /** A configuration whose protected paths and services count; without it none does. */
  readonly config?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** The assessor put together without a state: `app.ts` would take longer to load than an assessment may take. */
export async function openAssessor({ config, env = process.env }: AssessorOptions = {}): Promise<Assessor> {
  const machine = surroundings();
  const own = [homeAt(stateFolder(env)).folder, dirname(configPath(config, env))];
  const { registry, checked } = await openRegistry();
  if (!checked) (await import('./guards/risk/examples.ts')).checkExamples(registry);
  return assessor({
    rules: registry.rules,
    catalogue: openCatalogue(registry),
    machine,
    origins: new Map(),
    ownFolders: own.map((folder) => machine.real(folder)),
    config: await configured(config),
  });
}

async function configured(config: string | undefined): Promise<Pick<Config, 'protected' | 'secrets'>> {
  if (config === undefined)
    return {
      protected: { paths: [], services: [], usual_services: true },
      secrets: { files: [], variables: [], shown: [] },
    };
  const { loadConfig } = await import('./registry/config-file.ts');
  return loadConfig(configPath(config)).config;
}
