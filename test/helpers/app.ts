import { type App, openApp } from '../../src/app.ts';
import type { ActionReport, QueryReport } from '../../src/core/outcome.ts';
import type { Connection, Principal } from '../../src/core/principal.ts';
import type { Rung } from '../../src/core/sandbox.ts';
import { needSandbox } from './needs.ts';
import { type Scratch, scratch } from './scratch.ts';

export const PASSPHRASE = 'correct horse battery';
/** Hundreds of tests enrol somebody, and what a guess really costs is told by test/store/approver-timing.test.ts. */
export const GUESS = { N: 1024, r: 8, p: 1 };

/** The product in this process, on folders of its own. */
export interface TestApp extends Scratch {
  readonly app: App;
  act(tool: string, input?: object, who?: Partial<Principal>, signal?: AbortSignal): Promise<ActionReport>;
  ask(tool: string, input?: object, who?: Partial<Principal>): Promise<QueryReport>;
  /** Approves as a person would: looks, then gives the passphrase. */
  approve(actionId: string): Promise<void>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly config?: string;
  readonly on?: Scratch;
  readonly trace?: (step: string) => void;
  /** A weaker way of running commands than this machine has. */
  readonly rung?: Rung;
}

export async function testApp({ config, on, trace, rung }: TestAppOptions = {}): Promise<TestApp> {
  const place = on ?? scratch(config);
  let app = openApp({ env: place.env, trace, rung, guess: GUESS });
  if (on === undefined) {
    await (await app.operator()).enrol(PASSPHRASE, null);
    if (config !== undefined) {
      await (await app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
      await app.gateway.close();
      app = openApp({ env: place.env, trace, rung, guess: GUESS });
    }
  }
  const connection = (who: Partial<Principal> = {}, signal = new AbortController().signal): Connection => ({
    principal: { client: 'test', card: null, user: 'tester', ...who },
    cwd: place.root,
    announced: null,
    signal,
  });
  const env = { ...place.env, ...(rung === undefined ? {} : { HOMEOSTAT_RUNG: rung }) };
  return {
    ...place,
    app,
    async act(tool, input = {}, who, signal) {
      needSandbox(tool, input, env);
      return (await app.gateway.call(tool, input, connection(who, signal))) as ActionReport;
    },
    async ask(tool, input = {}, who) {
      needSandbox(tool, input, env);
      return app.gateway.call(tool, input, connection(who));
    },
    async approve(actionId) {
      const operator = await app.operator();
      await operator.approve(actionId, operator.show(actionId).digest, {
        passphrase: PASSPHRASE,
        terminal: false,
      });
    },
    close: async () => app.gateway.close(),
  };
}

/** Enrols a person, who trusts the configuration and the cards as they are there now. */
export async function trustAll(on: Scratch): Promise<void> {
  const { app, close } = await testApp({ on });
  const person = await app.operator();
  await person.enrol(PASSPHRASE, null);
  await person.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await close();
}
