import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Card } from './core/card.ts';
import { HomeostatError, asHomeostatError } from './core/errors.ts';
import type { Gateway, Operator } from './core/gateway.ts';
import type { Explanation, PolicyTest, Replay } from './core/judgement.ts';
import type { Monitor } from './core/metrics.ts';
import type { Connection } from './core/principal.ts';
import type { Prompts } from './core/prompts.ts';
import type { Rung } from './core/sandbox.ts';
import type { TaskKeeper } from './core/tasks.ts';
import type { Tokens } from './core/tokens.ts';
import type { Action, Tool } from './core/tool.ts';
import type { Keeper } from './guards/audit/keeper.ts';
import type { Guarded } from './guards/gateway.ts';
import type { House } from './guards/house.ts';
import { type Bounds, boundsOf } from './guards/cards/bounds.ts';
import { callerOf } from './guards/caller.ts';
import { refusal } from './guards/refusal.ts';
import type { Requirement } from './host/survey.ts';
import { loadCards, readCardTexts, withOwnCards } from './registry/cards.ts';
import { type ConfigFile, loadConfig, ownCardsFolder } from './registry/config-file.ts';
import { configPath } from './registry/config-path.ts';
import { loadPrompts } from './registry/prompts.ts';
import type { ScryptCost } from './store/approver-file.ts';
import { type Home, homeAt, stateFolder } from './store/home.ts';
import { type StopFile, stopFile } from './store/stop-file.ts';
import { offeredTools } from './offer.ts';
import type { PolicyFiles } from './policy.ts';
import { TOOLS, UNOFFERED } from './tools/index.ts';

export const PACKAGE_ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export const VERSION = (
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;

const TOOL_NAMES: ReadonlySet<string> = new Set(TOOLS.map(({ name }) => name));

export interface AppOptions {
  readonly config?: string | undefined;
  readonly roots?: readonly string[] | undefined;
  /** Whether it lives on between calls: then its start and its end are on record. */
  readonly serving?: boolean | undefined;
  /** Offers queries alone. */
  readonly readOnly?: boolean | undefined;
  readonly toolsets?: readonly string[] | undefined;
  /** The card that every connection of this process works under. */
  readonly agent?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** For tests: a weaker way of running commands than the machine allows, and what a guess at a passphrase costs. */
  readonly rung?: Rung | undefined;
  readonly guess?: ScryptCost | undefined;
  /** Called at each step of the pipeline. */
  readonly trace?: ((step: string) => void) | undefined;
}

/** The whole product, put together; faces are handed what they need of it. */
export interface App {
  readonly gateway: Gateway;
  readonly home: Home;
  readonly configPath: string;
  readonly cards: () => ReadonlyMap<string, Card>;
  readonly prompts: Prompts;
  /** What a card lets an agent do here, with what the configuration says of it; nothing of one that nobody has trusted. */
  bounds(card: string): Promise<Bounds | null>;
  /** Opens the state, if that has not been done, and ends what a crash left unfinished. */
  ready(): Promise<void>;
  /** What this machine has of what the guarantees rest on. */
  survey(): Promise<Requirement[]>;
  /** What a person alone can do. Throws where the state cannot be opened. */
  operator(): Promise<Operator>;
  /** What is told of the machine and of homeostat itself; with `keep` it is put down from now on. */
  monitor(keep: boolean): Promise<Monitor>;
  /** Who comes with which token. */
  tokens(): Promise<Tokens>;
  tasks(): Promise<TaskKeeper>;
  /** Pulls the emergency stop at once, for every process on this state, and puts it on record where that can be done. */
  stop(reason: string, by: string): Promise<void>;
  readonly policy: PolicyFace;
}

/** How actions are decided, to be looked at by a person; nothing here changes anything. */
export interface PolicyFace {
  test(files: PolicyFiles): Promise<PolicyTest>;
  /** What the past would have been under those files, from that time on, in milliseconds since 1970. */
  replay(files: PolicyFiles, sinceMs: number): Promise<Replay>;
  explain(actionId: string): Promise<Explanation>;
}

interface Opened {
  readonly house: House;
  readonly guarded: Guarded;
  readonly file: ConfigFile;
}

export function openApp(options: AppOptions = {}): App {
  const env = options.env ?? process.env;
  const home = homeAt(stateFolder(env));
  const path = configPath(options.config, env);
  const shipped = lazily(() => loadCards(join(PACKAGE_ROOT, 'agents'), TOOL_NAMES));
  const cards = lazily(() => withOwnCards(shipped(), readCardTexts(ownCardsFolder(path)), TOOL_NAMES));
  const tools = lazily(() => offeredTools({ ...options, toolsets: options.toolsets ?? ofCard() }, path));
  // Under a card its own list says what is offered.
  const ofCard = (): string[] | undefined => {
    const named = options.agent === undefined ? undefined : cards().get(options.agent)?.tools;
    return named && TOOLS.filter(({ name }) => named.includes(name)).map(({ toolset }) => toolset);
  };
  const stop = stopFile(home.stop);
  const given = { added: options.roots ?? [], configPath: path, real: realOf };
  let opened: Promise<Opened> | null = null;

  // Opened at the first call and not at the handshake: a client that only probes leaves no trace,
  // and a state that cannot be opened is told with each answer and tried again at the next.
  const open = async (): Promise<Opened> => {
    const before = opened;
    // A database that was taken away is not written into the void: it is looked for again.
    if (before !== null && (await before).house.store.gone() && opened === before) opened = null;
    const parts = { env, home, path, shipped: shipped(), tools: tools(), stop };
    opened ??= build(options, parts).catch((error: unknown) => {
      opened = null;
      throw error;
    });
    return opened;
  };

  const prepared = async (connection: Connection): Promise<void> => {
    // What no call has opened yet is not opened for this: a client that merely connects leaves no trace.
    if (!existsSync(home.database)) return;
    const runs = tools().find((tool) => tool.name === 'run_command');
    if (runs === undefined || connection.signal.aborted) return;
    const { house, guarded } = await open();
    guarded.prepare(callerOf(connection, runs, given, house));
  };

  return {
    home,
    configPath: path,
    cards,
    prompts: loadPrompts(join(PACKAGE_ROOT, 'prompts'), join(PACKAGE_ROOT, 'docs')),
    bounds: async (card) => boundsOf({ card }, (await open()).house),
    gateway: {
      tools,
      async call(name, input, connection) {
        const tool = tools().find((candidate) => candidate.name === name);
        try {
          // A state that is only now opened has a crash to clear up after, perhaps; the stop does not wait for it.
          if (opened === null && tool?.kind === 'action' && tool.urgent) pullFirst(tool, input, stop);
          const { house, guarded } = await open();
          return await guarded.call(name, input, callerOf(connection, tool, given, house));
        } catch (error) {
          const failure = asHomeostatError(error);
          if (tool?.kind !== 'action' || !tool.urgent) return refusal(tool, failure);
          // Without a state nothing else can run, but the stop still reaches every process that has one.
          try {
            stop.pull('pulled while the state could not be opened');
          } catch (unwritten) {
            return refusal(tool, asHomeostatError(unwritten));
          }
          const what = `the stop is pulled, but it could not be recorded: ${failure.message}`;
          return refusal(tool, new HomeostatError(failure.code, what, { next: failure.next }));
        }
      },
      async fetched(what, connection) {
        const { house, guarded } = await open();
        guarded.fetched(what, callerOf({ ...connection, looksAnywhere: true }, undefined, given, house));
      },
      async pulse() {
        if (opened === null) return '';
        return (await opened).guarded.pulse();
      },
      async refuse(method, params, connection) {
        const { house, guarded } = await open();
        const anywhere = { ...connection, looksAnywhere: true };
        guarded.refuse(method, params, callerOf(anywhere, undefined, given, house));
      },
      prepare(connection) {
        // Where it cannot be done, the first call says why.
        prepared(connection).catch(() => undefined);
      },
      async close() {
        if (opened === null) return;
        const { guarded, house } = await opened;
        await guarded.close();
        house.store.close();
      },
    },
    ready: async () => void (await open()),
    policy: {
      test: async (files) => (await import('./policy.ts')).testPolicy(files, path, cards()),
      async replay(files, sinceMs) {
        const [{ house, file }, { policyFrom }, { replay }] = await Promise.all([
          open(),
          import('./policy.ts'),
          import('./guards/policy/replay.ts'),
        ]);
        return replay(policyFrom(files, house, file, cards()), sinceMs, house);
      },
      async explain(id) {
        const [{ house }, { explain }] = await Promise.all([open(), import('./guards/policy/explain.ts')]);
        return explain(id, house);
      },
    },
    async stop(reason, by) {
      let unwritten: unknown = null;
      try {
        stop.pull(reason);
      } catch (error) {
        unwritten = error;
      }
      const [{ house }, { recordStop }] = await Promise.all([open(), import('./guards/stop.ts')]);
      recordStop(house, by, reason);
      if (unwritten !== null) throw unwritten;
    },
    survey: async () => (await import('./survey.ts')).survey(env, home, path),
    async operator() {
      const { house, file } = await open();
      const [{ operator }, { approverFile }, { tokenFile }] = await Promise.all([
        import('./guards/operator.ts'),
        import('./store/approver-file.ts'),
        import('./store/token-file.ts'),
      ]);
      return operator(house, approverFile(home.approver, options.guess), file, tokenFile(home.tokens));
    },
    async monitor(keep) {
      const { monitor } = (await open()).guarded;
      if (keep) monitor.keep();
      return monitor;
    },
    tasks: async () => (await import('./guards/tasks/keeper.ts')).taskKeeper((await open()).house),
    async tokens() {
      const [{ house }, { tokens }, { tokenFile }] = await Promise.all([
        open(),
        import('./guards/tokens.ts'),
        import('./store/token-file.ts'),
      ]);
      return tokens(tokenFile(home.tokens), house);
    },
  };
}

/** What is no valid call stops nothing; the call itself says why. */
function pullFirst(tool: Action, input: unknown, stop: StopFile): void {
  try {
    const { dryRun, reason } = tool.bind(input);
    if (!dryRun) stop.pull(reason || 'pulled by an agent');
  } catch {
    // It holds in this process in any case, and the call tells what could not be written.
  }
}

/** A weaker rung than the machine's, where a person wants one. */
function weaker(rung: string | undefined): { rung?: Rung } {
  if (rung === undefined || rung === '') return {};
  if (rung === 'snapshot' || rung === 'user_overlay') return { rung };
  throw new HomeostatError('config_invalid', `HOMEOSTAT_RUNG: ${rung} is neither user_overlay nor snapshot`);
}

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly home: Home;
  readonly path: string;
  readonly shipped: ReadonlyMap<string, Card>;
  readonly tools: readonly Tool[];
  readonly stop: StopFile;
}

async function build(options: AppOptions, { env, home, path, shipped, tools, stop }: Parts): Promise<Opened> {
  // Loaded now and not with this file: a client that waits for the handshake needs nothing of it.
  const [
    { believed, isTrusted },
    { guardedCalls },
    { auditKeeper },
    { recover },
    { checkExamples },
    { openCatalogue },
    { prune },
    { policyVersion },
    { secretsOf },
    { tellRefusals },
    { checkCardNames },
  ] = await Promise.all([
    import('./guards/config-trust.ts'),
    import('./guards/gateway.ts'),
    import('./guards/audit/keeper.ts'),
    import('./guards/recover.ts'),
    import('./guards/risk/examples.ts'),
    import('./guards/risk/catalogue.ts'),
    import('./guards/snapshots/prune.ts'),
    import('./guards/policy/version.ts'),
    import('./guards/secrets/of-house.ts'),
    import('./guards/limits/refusals.ts'),
    import('./guards/policy/autonomy.ts'),
  ]);
  const [{ openMachine }, { openSandbox }, { openRegistry }, { openObjects }, { openStore }] =
    await Promise.all([
      import('./host/machine.ts'),
      import('./host/sandbox/open-sandbox.ts'),
      import('./registry/open-registry.ts'),
      import('./store/objects.ts'),
      import('./store/store.ts'),
    ]);
  const file = loadConfig(path);
  // Of the very texts that are held against what was trusted.
  const cards = withOwnCards(shipped, file.cards, TOOL_NAMES);
  checkCardNames(file.config, path, cards);
  const { registry, digest, checked } = await openRegistry();
  if (!checked) checkExamples(registry);
  const store = openStore(home);
  const config = believed(file, userInfo().username, store);
  const { snapshot_files, snapshot_bytes } = config.limits;
  const isThere = file.source !== null || file.cards.length > 0;
  const machine = openMachine({
    objects: openObjects(home.objects),
    cacheFolder: home.scans,
    limits: { files: snapshot_files, bytes: snapshot_bytes },
    env,
    stages: home.stages,
    sessions: home.sessions,
    processes: home.processes,
    hookSocket: join(home.folder, 'hook.sock'),
    docker: config.docker,
    sandbox: openSandbox({
      stateFolder: home.folder,
      ownFolders: [home.folder, dirname(path)],
      data: registry.sandbox,
      ...weaker(options.rung ?? env['HOMEOSTAT_RUNG']),
      env,
      home: env['HOME'] ?? homedir(),
    }),
  });
  const bare: Omit<House, 'secrets'> = {
    store,
    stop,
    machine,
    config,
    configuration: !isTrusted(file, store) ? 'untrusted' : isThere ? 'trusted' : 'none',
    rules: registry.rules,
    policy: policyVersion({ version: VERSION, registry: digest, cards }, config),
    catalogue: openCatalogue(registry),
    tools: new Map([...TOOLS, ...UNOFFERED].map((tool) => [tool.name, tool])),
    offered: new Set(tools.map((tool) => tool.name)),
    cards,
    ownFolders: [home.folder, dirname(path)].map((folder) => machine.real(folder)),
    version: VERSION,
    unsettled: new Set(),
    discarding: new Map(),
    boxes: new Map(),
    origins: new Map(),
    trace: options.trace ?? ((): void => undefined),
  };
  const house: House = { ...bare, secrets: secretsOf(bare, env) };
  const keeper = auditKeeper(house, options.serving === true);
  const guarded = guardedCalls(house, keeper);
  if (isWhole(keeper)) {
    await recover(house);
    prune(house);
    // Nobody waits for it.
    void machine.sessions.sweep();
    tellRefusals(house);
  }
  return { house, guarded, file };
}

/** With a broken chain nothing is ended or tidied either: a person looks at it as it is. */
function isWhole(keeper: Keeper): boolean {
  try {
    keeper.check();
    return true;
  } catch {
    return false;
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
