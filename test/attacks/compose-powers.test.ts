import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { type TestApp, testApp } from '../helpers/app.ts';

let t: TestApp;
beforeAll(async () => {
  t = await testApp({ config: 'autonomy: full\ntoolsets: [core, compose]\nlimits: {held_actions: 200}\n' });
});
afterAll(async () => t.close());

const HOME = 'services:\n  web:\n    image: a:1\n';
const rulesOf = (report: ActionReport): string[] => (report.risk?.factors ?? []).map(({ rule }) => rule);
let number = 0;
function folder(files: Record<string, string> = { 'compose.yml': HOME }): string {
  const name = `p${(number += 1)}`;
  mkdirSync(join(t.root, name), { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(t.root, name, file), content);
  return name;
}

/** What is put under the one service, or beside it, and the rule that has to speak. */
const PLANTED: readonly [string, string][] = [
  [`${HOME}    privileged: true\n`, 'compose-host-control'],
  [`${HOME}    privileged: "yes"\n`, 'compose-host-control'],
  [`${HOME}    volumes: ["/var/run/docker.sock:/s"]\n`, 'compose-host-control'],
  [`${HOME}    volumes: [{type: volume, source: /etc, target: /x}]\n`, 'compose-host-control'],
  [`${HOME}    volumes: ["../../../../../../../../srv/x:/x:ro"]\n`, 'compose-host-mount'],
  [`${HOME}    volumes: ["./out:/x"]\n`, 'compose-host-mount'],
  [`x-a: &a {privileged: true}\n${HOME}    <<: *a\n`, 'compose-host-control'],
  [`${HOME}    "privile\\u0067ed": true\n`, 'compose-host-control'],
  ['{"services": {"web": {"image": "a:1", "pid": "host"}}}', 'compose-privileged'],
  [`${HOME}---\nservices:\n  web:\n    cap_add: [SYS_ADMIN]\n`, 'compose-privileged'],
  [`${HOME}    security_opt: ["seccomp=./all.json"]\n`, 'compose-privileged'],
  [`${HOME}    gpus: all\n`, 'compose-privileged'],
  [`${HOME}    runtime: mine\n`, 'compose-privileged'],
  [`${HOME}    networks: [n]\nnetworks: {n: {external: true, name: host}}\n`, 'compose-privileged'],
  [`${HOME}    networks: [host]\nnetworks: {host: {external: true}}\n`, 'compose-privileged'],
  [
    `${HOME}    networks: [n]\nnetworks: {n: {driver: macvlan, driver_opts: {parent: eth0}}}\n`,
    'compose-privileged',
  ],
  [`${HOME}volumes: {v: {driver_opts: {type: none, o: bind, device: /etc}}}\n`, 'compose-host-control'],
  // The kernel looks at no type where it is told to bind.
  [`${HOME}volumes: {v: {driver_opts: {type: nfs, o: "rw,bind", device: /etc}}}\n`, 'compose-host-control'],
  [`${HOME}volumes: {v: {driver_opts: {type: tmpfs, o: rbind, device: /root}}}\n`, 'compose-host-control'],
  [
    `${HOME}volumes: {v: {driver_opts: {type: overlay, o: "lowerdir=/etc:/x,upperdir=./u", device: overlay}}}\n`,
    'compose-host-control',
  ],
  [`${HOME}volumes: {v: {driver_opts: {type: ext4, device: /dev/sda1}}}\n`, 'compose-host-control'],
  [`${HOME}volumes: {v: {driver: local-persist, driver_opts: {mountpoint: /etc}}}\n`, 'compose-host-mount'],
  [`${HOME}configs: {c: {file: /etc/shadow}}\n`, 'compose-host-control'],
  [`${HOME}    env_file: /etc/passwd\n`, 'compose-host-mount'],
  [`${HOME}    extends: {service: base, file: base.yml}\n`, 'compose-host-control'],
  [`${HOME}    build: {context: /}\n`, 'compose-host-control'],
];
const BASE = 'services: {base: {image: a:1, privileged: true}}\n';

test.each(PLANTED)('by write_file, edit_file or a command: %#', async (text, rule) => {
  for (const tool of ['write_file', 'edit_file', 'run_command'] as const) {
    const name = folder({ 'compose.yml': HOME, 'base.yml': BASE, 'new.txt': text });
    symlinkSync('/srv', join(t.root, name, 'out'));
    const path = `${name}/compose.yml`;
    const input = {
      write_file: { path, content: text },
      edit_file: { path, edits: [{ old_text: HOME, new_text: text }] },
      run_command: { command: `cp ${name}/new.txt ${path}` },
    }[tool];
    const report = await t.act(tool, { ...input, dry_run: true });
    expect(rulesOf(report), `${tool}: ${JSON.stringify(report.error)}`).toContain(rule);
    expect(report.decision?.verdict).toBe('ask');
  }
});

test('a file of any name that says services is one, and a change that gives nothing new is an edit like any other', async () => {
  const name = folder({ 'compose.yml': `${HOME}    privileged: true\n` });
  const other = await t.act('write_file', { path: `${name}/parts.inc`, content: BASE, dry_run: true });
  expect(rulesOf(other)).toContain('compose-host-control');
  for (const content of [
    `${HOME}    privileged: true\n    labels: [a=b]\n`,
    HOME,
    'a: [',
    'services: [web]\n',
    '{"name": "x"}',
  ])
    expect(
      rulesOf(await t.act('write_file', { path: `${name}/compose.yml`, content, dry_run: true })).filter(
        (rule) => rule.startsWith('compose-'),
      ),
      content,
    ).toEqual([]);
  const rerun = await t.act('write_file', {
    path: `${name}/compose.yml`,
    content: `${HOME.replace('a:1', 'evil:1')}    privileged: true\n`,
    dry_run: true,
  });
  expect(rulesOf(rerun)).toContain('compose-powerful-service');
});
