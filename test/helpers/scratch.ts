import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../src/host/journal/discard.ts';
import { cleanUpAfter } from './clean-up.ts';

const made: string[] = [];

cleanUpAfter('test', () => {
  for (const folder of made.splice(0)) removeTree(folder);
});

/** Folders of one test, removed after it: a root to work in, a state and a configuration folder outside it. */
export interface Scratch {
  readonly base: string;
  readonly root: string;
  readonly home: string;
  readonly configFile: string;
  /** An environment in which homeostat finds these folders and nothing of this machine's own. */
  readonly env: NodeJS.ProcessEnv;
}

/** The same place, for servers that run commands on the machine itself, as where no sandbox is to be had. */
export const directly = (place: Scratch): Scratch => ({
  ...place,
  env: { ...place.env, HOMEOSTAT_RUNG: 'snapshot' },
});

export function scratch(config?: string): Scratch {
  const place = folders(config);
  made.push(place.base);
  return place;
}

/** The same for all tests of a file, which removes `base` itself. */
export function folders(config?: string): Scratch {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'homeostat-test-')));
  const [root, home, configHome] = ['root', 'state', 'config'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [root, join(configHome, 'homeostat')]) mkdirSync(folder, { recursive: true });
  const configFile = join(configHome, 'homeostat', 'config.yaml');
  if (config !== undefined) writeFileSync(configFile, config);
  const env = { ...process.env, HOMEOSTAT_HOME: home, XDG_CONFIG_HOME: configHome };
  return { base, root, home, configFile, env };
}
