import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionReport } from '../../src/core/outcome.ts';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import type { TestEngine } from '../helpers/engine.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { act } from './cases.ts';

export const CONFIG =
  'autonomy: full\ntoolsets: [core, docker, docker_more, compose]\nprotected: { services: [postgres] }\n';

/** The product over the tests' engine, with a folder for Compose files. */
export interface StackApp extends TestApp {
  readonly folder: string;
  /** Writes a Compose file, with every network left out: those of type bridge do not work in the tests' engine. */
  write(services: Record<string, object>, more?: object): void;
  /** Compose itself, as somebody would call it beside homeostat. */
  byHand(...args: string[]): void;
  /** With a person who says yes. */
  deploy(input?: object): Promise<ActionReport>;
}

export async function stackApp(on: TestEngine, name: string, given?: Scratch): Promise<StackApp> {
  const place = given ?? scratch(CONFIG);
  place.env['DOCKER_HOST'] = on.host;
  if (!existsSync(join(place.home, 'state.db'))) {
    const first = await testApp({ on: place });
    const operator = await first.app.operator();
    await operator.enrol(PASSPHRASE, null);
    await operator.trustConfig({ passphrase: PASSPHRASE, terminal: false });
    await first.close();
  }
  const t = await testApp({ on: place });
  const folder = join(place.root, name);
  mkdirSync(join(folder, 'data'), { recursive: true });
  return {
    ...t,
    folder,
    write(services, more = {}) {
      const whole = Object.fromEntries(
        Object.entries(services).map(([key, service]) => [key, { ...COMMON, ...service }]),
      );
      writeFileSync(join(folder, 'compose.yml'), JSON.stringify({ services: whole, ...more }, null, 2));
    },
    byHand(...args) {
      execFileSync('docker-compose', ['-f', join(folder, 'compose.yml'), ...args], {
        env: { ...process.env, DOCKER_HOST: on.host },
        stdio: 'pipe',
      });
    },
    deploy: async (input = {}) => act(t, 'deploy_stack', { paths: [`${name}/compose.yml`], ...input }),
  };
}

/** A container that ends at once when it is told to. */
export const COMMON = {
  image: 'busy:1',
  network_mode: 'none',
  stop_grace_period: '0s',
  command: ['sleep', '1000'],
};
