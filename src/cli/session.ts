import { userInfo } from 'node:os';
import { type App, type AppOptions, openApp } from '../app.ts';
import type { Operator, Proof } from '../core/gateway.ts';
import type { Report } from '../core/outcome.ts';
import type { Connection } from '../core/principal.ts';
import { checkCardName, runName } from './card-name.ts';
import { exitOf } from './exit-codes.ts';
import { renderReport } from './render.ts';
import { stopOnSignal } from './stop-signal.ts';
import { askSecret, atTerminal, jsonText, print, progressLine, readLine } from './terminal.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly root?: string[];
  readonly agent?: string;
  readonly runId?: string;
  readonly json?: boolean;
  readonly toolsets?: string[];
  readonly readOnly?: boolean;
  readonly passphraseStdin?: boolean;
}

export interface Session {
  readonly app: App;
  readonly options: GlobalOptions;
  /** Calls a tool as an agent would. */
  call(tool: string, input: unknown): Promise<Report>;
  /** Prints a report, as JSON or for people, and sets the exit code. */
  show(tool: string, report: Report): void;
  operator(): Promise<Operator>;
  proof(question: string): Promise<Proof>;
  connection(): Connection;
}

export function appOptions(options: GlobalOptions): AppOptions {
  return {
    config: options.config,
    roots: options.root,
    toolsets: options.toolsets,
    readOnly: options.readOnly,
    agent: options.agent,
  };
}

/** Opens the product for one command of the CLI and closes it again, whatever happens. */
export async function withSession(
  options: GlobalOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const app = openApp(appOptions(options));
  const { username } = userInfo();
  const deafen = stopOnSignal(app, username);
  const card = options.agent ?? null;
  checkCardName(card, app.cards);
  const run = runName(options.runId, card);
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const onProgress = progressLine();
  const connection = (): Connection => ({
    principal: { client: 'cli', card, user: username, ...(run === undefined ? {} : { run }) },
    cwd: process.cwd(),
    announced: null,
    looksAnywhere: true,
    signal: abort.signal,
    onProgress,
  });
  try {
    await work({
      app,
      options,
      connection,
      call: async (tool, input) => app.gateway.call(tool, input, connection()),
      show(tool, report) {
        if (options.json === true) print(jsonText(report));
        else renderReport(tool, report);
        process.exitCode = exitOf(report);
      },
      operator: async () => app.operator(),
      proof: async (question) => proofFor(question, options),
    });
  } finally {
    await app.gateway.close();
    deafen();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function proofFor(question: string, options: GlobalOptions): Promise<Proof> {
  if (options.passphraseStdin === true) return { passphrase: await readLine(), terminal: false };
  if (!atTerminal()) return { terminal: false };
  return { passphrase: (await askSecret(question)) || undefined, terminal: true };
}
