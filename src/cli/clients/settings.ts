import { homedir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { PACKAGE_ROOT } from '../../app.ts';
import { HomeostatError } from '../../core/errors.ts';
import { CLAUDE_TOOLS } from '../hook/claude-code.ts';
import { CURSOR_TOOLS } from '../hook/cursor.ts';
import { shellLine } from '../quote.ts';
import { serverEntry } from '../snippets.ts';

/** One setting of a client. Of a list only one element is ours: the one that `isOurs` knows. */
export interface Setting {
  readonly file: string;
  readonly path: readonly string[];
  readonly value: unknown;
  readonly list?: true;
  /** Left alone where the client has one already. */
  readonly ifMissing?: true;
}

export const CLIENT_NAMES = ['claude-code', 'cursor', 'claude-desktop', 'vscode'] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

/** As the clients find it. */
const homeFolder = (): string => (process.env['HOME'] ? process.env['HOME'] : homedir());

/** So long, in seconds, a hook may take before the client refuses for it. */
const TIMEOUT = 30;

/** What a client needs in its own files: the server, and where it has hooks, those. */
export const settingsFor = (client: ClientName, root: string, config: string | undefined): Setting[] =>
  SETTINGS[client](serverEntry(root), root, config);

type SettingsOf = (server: object, root: string, config: string | undefined) => Setting[];

const SETTINGS: Readonly<Record<ClientName, SettingsOf>> = {
  'claude-code'(server, root, config) {
    const folder = process.env['CLAUDE_CONFIG_DIR'] ?? join(homeFolder(), '.claude');
    const command = hookCommand('claude-code', config);
    const hook = { type: 'command', command, timeout: TIMEOUT, onFailure: 'block' };
    return [
      { file: join(root, '.mcp.json'), path: ['mcpServers', 'homeostat'], value: server },
      {
        file: join(folder, 'settings.json'),
        path: ['hooks', 'PreToolUse'],
        value: { matcher: CLAUDE_TOOLS.join('|'), hooks: [hook] },
        list: true,
      },
    ];
  },
  cursor(server, _, config) {
    const folder = join(homeFolder(), '.cursor');
    const file = join(folder, 'hooks.json');
    const entry = { command: hookCommand('cursor', config), timeout: TIMEOUT, failClosed: true };
    const on = (event: string, value: object): Setting => ({
      file,
      path: ['hooks', event],
      value,
      list: true,
    });
    return [
      { file: join(folder, 'mcp.json'), path: ['mcpServers', 'homeostat'], value: server },
      { file, path: ['version'], value: 1, ifMissing: true },
      ...['beforeShellExecution', 'beforeReadFile', 'beforeTabFileRead'].map((event) => on(event, entry)),
      on('preToolUse', { ...entry, matcher: CURSOR_TOOLS }),
    ];
  },
  'claude-desktop': (server) => [
    {
      file: join(desktopFolder(homeFolder()), 'claude_desktop_config.json'),
      path: ['mcpServers', 'homeostat'],
      value: server,
    },
  ],
  vscode: (server, root) => [
    {
      file: join(root, '.vscode', 'mcp.json'),
      path: ['servers', 'homeostat'],
      value: { type: 'stdio', ...server },
    },
  ],
};

const desktopFolder = (home: string): string =>
  process.platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'Claude')
    : join(process.env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'Claude');

/** Started for every command, so that it is named by its place: `npx` alone takes longer than a hook may. */
function hookCommand(client: ClientName, config: string | undefined): string {
  if (PACKAGE_ROOT.includes(`${sep}_npx${sep}`))
    throw new HomeostatError('invalid_input', 'a hook cannot name what npx keeps only for a while', {
      next: 'Install it first: npm install -g homeostat, then homeostat init --client …',
    });
  const options = config === undefined ? [] : ['--config', resolve(config)];
  return shellLine([process.execPath, join(PACKAGE_ROOT, 'dist', 'main.js'), 'hook', client, ...options]);
}

/** Whether an element of a list of hooks is one that homeostat wrote, by whatever path it was started then. */
export const isOurs = (element: unknown): boolean =>
  /(?:main\.js|homeostat)['"\\]*\s+hook (?:claude-code|cursor)\b/.test(JSON.stringify(element));
