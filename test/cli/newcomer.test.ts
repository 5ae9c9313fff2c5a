import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { snippets } from '../../src/cli/snippets.ts';
import { PASSPHRASE } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built CLI, without a terminal; what is typed is its standard input. */
function cli(place: Scratch, args: string[], typed = ''): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd: place.root,
    env: place.env,
    input: typed,
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { code: status, stdout, stderr };
}

test('a command that does not exist is named', () => {
  const { code, stderr } = cli(scratch(), ['snapshot']);
  expect(stderr).toContain("unknown command 'snapshot'");
  expect(code).toBe(2);
});

test('a card that does not exist is named, with those that do', () => {
  const { code, stderr } = cli(scratch(), ['--agent', 'cook', 'status']);
  expect(stderr).toContain('there is no card cook; there are bug-hunter, ops, orchestrator, security');
  expect(code).toBe(3);
});

test('a wrong option of serve is bad usage and no fault of homeostat', () => {
  const { code, stderr } = cli(scratch(), ['serve', '--websocket']);
  expect(stderr).toContain('invalid_input');
  expect(stderr).toContain('homeostat serve --help');
  expect(code).toBe(2);
});

test('what was approved before can be carried out with approve --run, as approve itself says', () => {
  const place = scratch();
  const typed = `${PASSPHRASE}\n`;
  expect(cli(place, ['init', '--passphrase-stdin'], typed).code).toBe(0);
  const held = cli(place, ['run', '--json', '--', 'bash', '-c', 'echo x > .mcp.json']);
  expect(held.code).toBe(4);
  const { action_id: id } = JSON.parse(held.stdout) as { action_id: string };
  const approved = cli(place, ['approve', id, '--passphrase-stdin'], typed);
  expect(approved.code).toBe(0);
  expect(approved.stderr).toContain(`homeostat approve ${id} --run`);

  const wrong = cli(place, ['approve', id, '--run', '--passphrase-stdin'], 'not the passphrase\n');
  expect(wrong.stderr).toContain('wrong_passphrase');
  expect(cli(place, ['approvals', '--all']).stdout).toContain(`${id}  approved`);

  const ran = cli(place, ['approve', id, '--run', '--passphrase-stdin'], typed);
  expect(ran.stderr).toContain('succeeded');
  expect(ran.code).toBe(0);
  const again = cli(place, ['approve', id, '--run', '--passphrase-stdin'], typed);
  expect(again.stderr).toContain(`action ${id} is not waiting: it is finished (succeeded)`);
  expect(again.code).toBe(3);
});

test('a dry run says that it was one', () => {
  const { code, stderr } = cli(scratch(), ['run', '--dry-run', '--', 'mkdir', 'new']);
  expect(stderr).toContain('dry run, succeeded');
  expect(code).toBe(0);
});

test('doctor does not call a configuration fine that it could not read', () => {
  const place = scratch('autonomy: fulll\n');
  const { code, stdout } = cli(place, ['doctor']);
  expect(stdout).toMatch(/FAIL roots .*config\.yaml:1: autonomy/);
  expect(stdout).toMatch(/weak configuration .*not known/);
  expect(code).toBe(1);
});

test('a root with a blank in its name stays one word in the line for a shell', () => {
  expect(snippets(join('/tmp', 'my shop'))).toContain("--root '/tmp/my shop'\n");
});
