import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AUTONOMY } from '../core/autonomy.ts';
import { HomeostatError } from '../core/errors.ts';
import { CLIENT_NAMES, type ClientName, settingsFor } from './clients/settings.ts';
import { changesFor, writeSettings } from './clients/write-settings.ts';
import { snippets } from './snippets.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { askSecret, atTerminal, jsonLine, note, print, readLine } from './terminal.ts';

/** The configuration that `init` writes: every setting, commented out at its default. */
export function configTemplate(roots: readonly string[]): string {
  const listed =
    roots.length > 0
      ? roots.map((root) => `  - ${JSON.stringify(root)}`).join('\n')
      : '  # - /path/to/project';
  return `# yaml-language-server: $schema=https://unpkg.com/homeostat/docs/config.schema.json
# homeostat's configuration. After a change: homeostat trust

# Folders in which agents may work. Without any: the folder that the server is started in.
roots:${roots.length > 0 ? '' : ' []'}
${listed}

# ${AUTONOMY.join(', ')}
autonomy: supervised

# What no agent changes or stops without a person, beside what is protected anyway.
protected:
  paths: []
  services: [traefik, postgres, redis]

# limits:
#   actions_per_minute: 120
#   concurrent_actions: 8
#   command_seconds: 120
#   output_bytes: 32768
#   file_bytes: 10485760
#   snapshot_files: 50000
#   snapshot_bytes: 1073741824

# retention:
#   snapshots: 100
#   days: 90

# approvals:
#   require: passphrase      # terminal is weaker: whoever has your terminal can approve
#   expire_hours: 12
#   notify: 'notify-send "homeostat" "action $HOMEOSTAT_ACTION waits for you"'
`;
}

interface InitOptions extends GlobalOptions {
  readonly client?: string[];
  readonly yes?: boolean;
  readonly print?: boolean;
}

/** `homeostat init`: enrols the approver and writes a configuration, outside every root; then into clients' files. */
export async function init(options: InitOptions): Promise<void> {
  const root = options.root?.[0] ?? process.cwd();
  const settings = clientNames(options).flatMap((client) => settingsFor(client, root, options.config));
  // Worked out first, so that a file that cannot be read is told of before anything is done.
  const changes = changesFor(settings);
  if (options.print !== true) await enrolAndConfigure(options, changes.length === 0);
  else if (changes.length === 0) print(snippets(root));
  await writeSettings(changes, options);
}

function clientNames({ client = [] }: InitOptions): ClientName[] {
  return client
    .flatMap((names) => names.split(','))
    .map((name) => {
      const known = CLIENT_NAMES.find((one) => one === name);
      if (known !== undefined) return known;
      throw new HomeostatError(
        'invalid_input',
        `there is no client ${name}; there are ${CLIENT_NAMES.join(', ')}`,
      );
    });
}

async function enrolAndConfigure(options: InitOptions, withSnippets: boolean): Promise<void> {
  await withSession(options, async (session) => {
    const { app } = session;
    const operator = await session.operator();
    if (operator.enrolled()) note('an approver is enrolled already');
    else await operator.enrol(await newPassphrase(options), null);
    if (existsSync(app.configPath)) note(`${app.configPath} is there already and stays as it is`);
    else {
      mkdirSync(dirname(app.configPath), { recursive: true, mode: 0o700 });
      writeFileSync(app.configPath, configTemplate(options.root ?? []), { mode: 0o600, flag: 'wx' });
      await operator.trustWritten(configTemplate(options.root ?? []));
      note(`wrote ${app.configPath}`);
    }
    if (options.json === true)
      print(jsonLine({ config: app.configPath, state: app.home.folder, enrolled: true }));
    else if (withSnippets) print(snippets(options.root?.[0] ?? process.cwd()));
  });
}

/** `homeostat approver`: whether anybody can approve. */
export async function approver(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    const enrolled = (await operator()).enrolled();
    if (options.json === true) print(jsonLine({ enrolled }));
    else note(enrolled ? 'an approver is enrolled' : 'nobody can approve: homeostat approver add');
  });
}

/** `homeostat approver add`: enrols the approver, or gives them another passphrase. */
export async function addApprover(options: GlobalOptions): Promise<void> {
  await withSession(options, async (session) => {
    const operator = await session.operator();
    const current = operator.enrolled() ? await session.proof('Passphrase until now: ') : null;
    // Proved first: nobody is asked twice for a new one that cannot be taken.
    if (current !== null) await operator.confirm('approver add', current);
    await operator.enrol(await newPassphrase(options), current);
    if (options.json === true) print(jsonLine({ enrolled: true }));
    else note('enrolled: what agents ask for is approved with this passphrase');
  });
}

async function newPassphrase(options: GlobalOptions): Promise<string> {
  if (options.passphraseStdin === true) return readLine();
  if (!atTerminal())
    throw new HomeostatError(
      'terminal_required',
      'a new passphrase is asked for at a terminal, or read with --passphrase-stdin',
    );
  note('With this passphrase you approve what agents ask for. No agent ever sees it.');
  const first = await askSecret('New passphrase: ');
  if ((await askSecret('Once more: ')) !== first) throw new HomeostatError('invalid_input', 'the two differ');
  return first;
}

/** `homeostat uninstall`: removes state and configuration, never anything in a root. */
export async function uninstall(options: GlobalOptions & { yes?: boolean }): Promise<void> {
  await withSession(options, async (session) => {
    const { home, configPath } = session.app;
    if (options.yes !== true) {
      print(
        `This removes, for good:\n  ${home.folder} (audit, snapshots: nothing can be undone any more)\n  ${configPath}`,
      );
      print('Files in your roots stay as they are. To do it: homeostat uninstall --yes');
      return;
    }
    // Where an approver is enrolled nothing goes without the passphrase, not even with a configuration that is broken.
    const operator = existsSync(home.approver) ? await session.operator() : null;
    if (operator !== null)
      await operator.confirm('uninstall', await session.proof('Passphrase to uninstall: '));
    await session.app.gateway.close();
    // Only what is homeostat's own goes, in case somebody keeps other things in the folder.
    for (const name of readdirSync(home.folder).filter((n) => OWN.test(n))) {
      rmSync(join(home.folder, name), { recursive: true, force: true });
    }
    rmSync(configPath, { force: true });
    print('removed; take the "homeostat" entry out of your clients’ configuration too');
  });
}

/** See docs/state.md. */
const OWN =
  /^(state\.db|turn$|objects$|scans$|stages$|sessions$|caches$|processes$|runs$|samples$|audit$|held$|stop$|approver\.json|tokens\.json|digest\.key|hook\.sock)/;
