import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execaCommand } from 'execa';
import { fc } from '../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { setJsonc } from '../../src/cli/clients/jsonc-edit.ts';
import { changesFor } from '../../src/cli/clients/write-settings.ts';
import { scanJsonc } from '../../src/cli/clients/jsonc-scan.ts';
import { PASSPHRASE } from '../helpers/app.ts';
import { type CliResult, cli } from '../helpers/cli-process.ts';
import { claudeInput, read } from '../helpers/hook.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

/** A place with a home folder of its own, so that no file of this machine's user is written. */
function homely(): Scratch & { readonly user: string } {
  const place = scratch();
  const user = join(place.base, 'user');
  mkdirSync(user);
  const { CLAUDE_CONFIG_DIR: _, ...env } = place.env;
  return { ...place, user, env: { ...env, HOME: user } };
}

/** As a process of its own: only there does the operating system, too, take the home folder from the environment. */
async function init(place: Scratch, ...args: string[]): Promise<CliResult> {
  if (place.env['HOME']?.startsWith(place.base) !== true)
    throw new Error('this would write into a real home folder');
  return cli(place, ['--root', place.root, 'init', '--passphrase-stdin', ...args], `${PASSPHRASE}\n`);
}

function put(file: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
}

interface Settings {
  readonly hooks: Record<string, { command?: string; matcher?: string; hooks?: { command: string }[] }[]>;
}
const json = (file: string): Settings => JSON.parse(readFileSync(file, 'utf8')) as Settings;

test('each client gets its files, twice the same, and nothing else is touched', async () => {
  const place = homely();
  const args = [
    '--client',
    'claude-code,cursor',
    '--client',
    'vscode',
    '--client',
    'claude-desktop',
    '--yes',
  ];
  const first = await init(place, ...args);
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('wrote') as string]);
  const files = [
    join(place.root, '.mcp.json'),
    join(place.root, '.vscode', 'mcp.json'),
    join(place.user, '.claude', 'settings.json'),
    join(place.user, '.cursor', 'hooks.json'),
    join(place.user, '.cursor', 'mcp.json'),
    join(place.env['XDG_CONFIG_HOME'] ?? '', 'Claude', 'claude_desktop_config.json'),
  ];
  const before = files.map((file) => readFileSync(file, 'utf8'));
  const again = await init(place, ...args);
  expect(again.stderr).toContain('has it already');
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  expect(
    readdirSync(place.user, { recursive: true }).filter((name) => String(name).includes('backup')),
  ).toEqual([]);
  const { hooks } = json(join(place.user, '.cursor', 'hooks.json'));
  expect(Object.keys(hooks)).toEqual([
    'beforeShellExecution',
    'beforeReadFile',
    'beforeTabFileRead',
    'preToolUse',
  ]);
  expect(statSync(join(place.user, '.claude', 'settings.json')).mode & 0o777).toBe(0o600);
});

test('what it writes is a hook that works', async () => {
  const place = homely();
  await init(place, '--client', 'claude-code', '--yes');
  const { hooks } = json(join(place.user, '.claude', 'settings.json'));
  const [group] = hooks['PreToolUse'] ?? [];
  expect(group?.matcher?.split('|')).toContain('MultiEdit');
  expect(group?.hooks?.[0]).toMatchObject({ type: 'command', onFailure: 'block', timeout: 30 });
  const { stdout, stderr, exitCode } = await execaCommand(
    `${group?.hooks?.[0]?.command ?? ''} --no-resident`,
    {
      input: JSON.stringify(claudeInput(place, 'Bash', { command: 'rm -rf /' })),
      env: place.env,
      extendEnv: false,
      reject: false,
    },
  );
  expect(read({ stdout, stderr, code: exitCode ?? -1 }).verdict).toBe('deny');
});

test('comments, order and everything else of a person’s stay, and what was is kept beside it', async () => {
  const place = homely();
  const text = `{
    // my own
    "model": "opus", /* keep */
    "hooks": {
        "PreToolUse": [
            { "matcher": "Bash", "hooks": [{ "type": "command", "command": "mine.sh" }] }, // first
        ],
        "Stop": []
    },
    "limit": 1.50
}
`;
  const file = put(join(place.user, '.claude', 'settings.json'), text, 0o640);
  const { code } = await init(place, '--client', 'claude-code', '--yes');
  expect(code).toBe(0);
  const after = readFileSync(file, 'utf8');
  let rest = after;
  // Every line that was there is there, in the same order.
  for (const line of text.split('\n')) {
    expect(rest).toContain(line);
    rest = rest.slice(rest.indexOf(line) + line.length);
  }
  const { hooks } = scanJsonc(after).value as Settings;
  expect(hooks['PreToolUse']?.map(({ matcher }) => matcher?.split('|')[0])).toEqual(['Bash', 'Bash']);
  expect(hooks['PreToolUse']?.[0]?.hooks).toEqual([{ type: 'command', command: 'mine.sh' }]);
  expect(readFileSync(`${file}.homeostat-backup`, 'utf8')).toBe(text);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('an entry of an earlier installation is replaced and not doubled', async () => {
  const place = homely();
  const old = { command: '/old/node /gone/dist/main.js hook cursor', timeout: 5 };
  const mine = { command: './audit.sh' };
  const text = JSON.stringify({ version: 2, hooks: { beforeShellExecution: [old, mine] } });
  const file = put(join(place.user, '.cursor', 'hooks.json'), text);
  await init(place, '--client', 'cursor', '--yes');
  const { hooks, ...others } = json(file);
  expect(others).toEqual({ version: 2 });
  expect(hooks['beforeShellExecution']?.[1]).toEqual(mine);
  expect(hooks['beforeShellExecution']).toHaveLength(2);
  expect(hooks['beforeShellExecution']?.[0]).toMatchObject({ failClosed: true, timeout: 30 });
});

test('a link is followed and stays one', async () => {
  const place = homely();
  const real = put(join(place.base, 'dotfiles', 'settings.json'), '{}\n');
  mkdirSync(join(place.user, '.claude'));
  symlinkSync(real, join(place.user, '.claude', 'settings.json'));
  await init(place, '--client', 'claude-code', '--yes');
  expect(lstatSync(join(place.user, '.claude', 'settings.json')).isSymbolicLink()).toBe(true);
  expect(json(real).hooks['PreToolUse']).toHaveLength(1);
});

test('a file that cannot be read is left alone, and one is told what to put into it', async () => {
  const place = homely();
  const file = join(place.user, '.claude', 'settings.json');
  const setting = { file, path: ['hooks', 'PreToolUse'], value: { matcher: 'Bash' }, list: true } as const;
  for (const text of [
    '{ "hooks": ',
    '[]',
    '{"hooks": []}',
    '{"hooks": {"PreToolUse": "x"}}',
    '{"a": 1, "a": 2}',
    'hooks: {}',
    '{"a": 1}}',
    '['.repeat(5000),
  ]) {
    put(file, text);
    expect(() => changesFor([setting]), text).toThrow('stays as it is');
  }
  const { code, stderr } = await init(place, '--client', 'claude-code', '--yes');
  expect([code, stderr]).toEqual([2, expect.stringContaining('by hand') as string]);
  expect(stderr).toContain('hook claude-code');
  expect(readFileSync(file, 'utf8')).toBe('['.repeat(5000));
  expect(existsSync(place.home)).toBe(false);
});

test('nothing is written without a person’s word, and --print writes nothing at all', async () => {
  const place = homely();
  const shown = await init(place, '--client', 'cursor', '--print');
  expect(shown.stdout).toContain('beforeShellExecution');
  expect([shown.code, existsSync(place.home), readdirSync(place.user)]).toEqual([0, false, []]);
  const asked = await init(place, '--client', 'cursor');
  expect([asked.code, asked.stderr]).toEqual([3, expect.stringContaining('terminal_required') as string]);
  expect(readdirSync(place.user)).toEqual([]);
  const unknown = await init(place, '--client', 'emacs', '--yes');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('claude-desktop') as string]);
});

test('a file that cannot be written is left whole', async () => {
  const place = homely();
  const file = put(join(place.user, '.claude', 'settings.json'), '{}\n');
  mkdirSync(`${file}.homeostat-backup`);
  chmodSync(file, 0o444);
  const { code } = await init(place, '--client', 'claude-code', '--yes');
  expect(code).not.toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('{}\n');
  expect(readdirSync(dirname(file)).toSorted()).toEqual(['settings.json', 'settings.json.homeostat-backup']);
});

test('any JSON takes a new member and keeps all others as they were', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(undefined, 1, 2, '\t'),
      fc.jsonValue(),
      (object, indent, value) => {
        const plain = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        if (Object.hasOwn(plain, '__proto__') || JSON.stringify(plain).includes('__proto__')) return;
        const text = JSON.stringify(plain, null, indent);
        const after = setJsonc(text, ['new one', 'in it'], value);
        expect(JSON.parse(after)).toEqual({
          ...plain,
          'new one': { 'in it': JSON.parse(JSON.stringify(value)) as unknown },
        });
        expect(scanJsonc(text).value).toEqual(plain);
      },
    ),
    { numRuns: 300 },
  );
});
