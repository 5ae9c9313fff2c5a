import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { openSandbox } from './host/sandbox/open-sandbox.ts';
import { type Requirement, surveyMachine } from './host/survey.ts';
import { openRegistry } from './registry/open-registry.ts';
import type { Home } from './store/home.ts';

/** What this machine has of what the guarantees rest on, for a configuration at `path`. */
export async function survey(env: NodeJS.ProcessEnv, home: Home, path: string): Promise<Requirement[]> {
  const { sandbox: data } = (await openRegistry()).registry;
  const ownFolders = [home.folder, dirname(path)];
  const { probe } = openSandbox({ stateFolder: home.folder, ownFolders, data, env, home: homedir() });
  return surveyMachine(probe);
}
