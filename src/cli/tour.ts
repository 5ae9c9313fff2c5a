import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT, VERSION, openApp } from '../app.ts';
import type { ActionReport } from '../core/outcome.ts';
import type { Operator } from '../core/gateway.ts';
import { renderDiff } from './render.ts';
import { snippets } from './snippets.ts';
import { paint, print } from './terminal.ts';

/** A throw-away project, a server of its own, and a client at the other end of its pipes. */
interface Stage {
  readonly root: string;
  readonly client: Client;
  readonly operator: Operator;
  readonly passphrase: string;
  call(tool: string, input: Record<string, unknown>): Promise<ActionReport>;
}

/** `homeostat tour`: the main job, done for real in a temporary folder, then how to connect a client. */
export async function tour(): Promise<void> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'homeostat-tour-')));
  const root = join(base, 'shop');
  mkdirSync(join(root, 'data'), { recursive: true });
  writeFileSync(join(root, 'app.conf'), 'workers = 2\ntimeout = 30\n');
  writeFileSync(join(root, 'data', 'orders.csv'), 'id,total\n1,9.50\n2,24.00\n');
  // A few files a command may delete by itself, since it can be undone; not a year of them.
  for (let week = 1; week <= 52; week++)
    writeFileSync(join(root, 'data', `week-${week}.csv`), `id,total\n${week},9.50\n`);
  const env = { ...process.env, HOMEOSTAT_HOME: join(base, 'state'), XDG_CONFIG_HOME: join(base, 'config') };
  const app = openApp({ env });
  const client = new Client({ name: 'tour', version: VERSION });
  try {
    const operator = await app.operator();
    const passphrase = randomBytes(12).toString('hex');
    await operator.enrol(passphrase, null);
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [join(PACKAGE_ROOT, 'dist', 'main.js'), 'serve', '--stdio'],
        cwd: root,
        env,
      }),
    );
    await play({
      root,
      client,
      operator,
      passphrase,
      call: async (name, input) => {
        const answer = await client.callTool({ name, arguments: input });
        return answer.structuredContent as ActionReport;
      },
    });
  } finally {
    await client.close();
    await app.gateway.close();
    rmSync(base, { recursive: true, force: true });
  }
  print(
    `${snippets(process.cwd())}\nStart for real: homeostat init, then connect a client. Everything else: homeostat --help`,
  );
}

async function play(stage: Stage): Promise<void> {
  const { tools } = await stage.client.listTools();
  title('A real server, a real MCP client over stdio, and a throw-away project');
  say(`${tools.length} tools: ${tools.map((t) => t.name).join(', ')}`);
  await safeCommand(stage);
  await dryRun(stage);
  await failingChange(stage);
  await dangerousCommand(stage);
  title('6. The record: every step above, chained so that a change shows');
  const verdict = stage.operator.verifyAudit();
  say(
    verdict.ok ? `${verdict.records} records, the chain is whole` : `broken: ${verdict.problem?.what ?? ''}`,
  );
}

async function safeCommand({ call }: Stage): Promise<void> {
  title('1. A safe command runs at once');
  const report = await call('run_command', { command: 'cat app.conf' });
  asked('run_command', 'cat app.conf');
  say((report.result as { stdout: string }).stdout);
  told(report);
}

async function dryRun({ call }: Stage): Promise<void> {
  title('2. A dry run shows what would change, and changes nothing');
  const edits = [{ old_text: 'workers = 2', new_text: 'workers = 8' }];
  const report = await call('edit_file', { path: 'app.conf', edits, dry_run: true });
  asked('edit_file', 'workers = 2 → workers = 8, dry run');
  say(renderDiff(report.effects?.diff ?? ''));
  told(report);
}

async function failingChange({ root, call }: Stage): Promise<void> {
  title('3. A change that fails is taken back');
  const command = 'echo "workers = many" > app.conf; test "$(grep -c 2 app.conf)" -gt 0';
  const report = await call('run_command', { command });
  asked('run_command', command);
  told(report);
  say(`app.conf is as it was: ${readFileSync(join(root, 'app.conf'), 'utf8').split('\n')[0] ?? ''}`);
}

async function dangerousCommand({ root, call, operator, passphrase }: Stage): Promise<void> {
  const orders = join(root, 'data', 'orders.csv');
  const before = readFileSync(orders);
  title('4. A dangerous command waits for a person');
  const held = await call('run_command', { command: 'rm -rf data', reason: 'free some space' });
  asked('run_command', 'rm -rf data');
  told(held);
  const id = held.action_id ?? '';
  const shown = operator.show(id);
  say(shown.text);
  await operator.approve(id, shown.digest, { passphrase, terminal: false });
  say(paint('bold', `A person (here the tour itself) approves: homeostat approve ${id}`));
  const { report } = (await call('wait_for_approval', { action_id: id })).result as { report: ActionReport };
  told(report);
  title('5. An undo restores it, to the byte');
  const undone = await call('rollback', { id });
  asked('rollback', id);
  told(undone);
  say(
    `data/orders.csv is ${readFileSync(orders).equals(before) ? 'the same, byte for byte' : 'NOT the same'}`,
  );
}

const title = (text: string): void => print(`\n${paint(['bold', 'cyan'], text)}`);
const asked = (tool: string, what: string): void =>
  print(`  ${paint('dim', 'agent asks')}  ${tool}: ${what}`);
const say = (text: string): void => print(text.trimEnd().replaceAll(/^/gm, '  '));

function told(report: ActionReport): void {
  const risk = report.risk === null ? '' : `, risk ${report.risk.level}`;
  const error = report.error === null ? '' : `: ${report.error.message}`;
  print(`  ${paint('dim', 'server says')} ${paint('bold', report.outcome)}${risk}${error}`);
}
