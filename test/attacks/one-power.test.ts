import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POWER_LEVEL } from '../../src/core/host-power.ts';
import { parseSource } from '../../src/tools/compose/document/source.ts';
import { treeOf } from '../../src/tools/compose/document/tree.ts';
import { powersOf } from '../../src/tools/compose/validate/powers.ts';
import { RULES } from '../helpers/assess.ts';
import { type TestApp, testApp, trustAll } from '../helpers/app.ts';
import { folders } from '../helpers/scratch.ts';

function never(): never {
  throw new Error('no document');
}

let t: TestApp;
beforeAll(async () => {
  const on = folders('autonomy: full\ntoolsets: [core, compose]\nlimits: {held_actions: 200}\n');
  await trustAll(on);
  t = await testApp({ on });
});
afterAll(async () => {
  await t.close();
  rmSync(t.base, { recursive: true });
});

async function level(tool: string, input: object): Promise<string | undefined> {
  const { result, error } = await t.ask('assess_action', { tool, input });
  return (result as { risk?: { level: string } } | null)?.risk?.level ?? error?.code;
}

/** One power, as options of `docker run` and as a field of a Compose file, and how bad it is by either way. */
test.each([
  ['-v /:/h', 'volumes: ["/:/h"]', 'CRITICAL'],
  ['-v /:/h:ro', 'volumes: ["/:/h:ro"]', 'CRITICAL'],
  ['--mount type=bind,src=/,dst=/h', 'volumes: [{type: bind, source: /, target: /h}]', 'CRITICAL'],
  ['-v /srv/../etc/:/e', 'volumes: ["/srv/../etc/:/e"]', 'CRITICAL'],
  ['-v /etc/cron.d:/c', 'volumes: ["/etc/cron.d:/c"]', 'CRITICAL'],
  ['-v /run:/r:ro', 'volumes: ["/run:/r:ro"]', 'CRITICAL'],
  ['-v /var/run/docker.sock:/s:ro', 'volumes: ["/var/run/docker.sock:/s:ro"]', 'CRITICAL'],
  ['-v /run/user/0/podman/podman.sock:/s', 'volumes: ["/run/user/0/podman/podman.sock:/s"]', 'CRITICAL'],
  ['-v /dev/sda:/d:ro', 'volumes: ["/dev/sda:/d:ro"]', 'CRITICAL'],
  ['--device /dev/sda', 'devices: [/dev/sda]', 'CRITICAL'],
  ['--device=/dev/nvme0n1p1:/dev/x:r', 'devices: ["/dev/nvme0n1p1:/dev/x:r"]', 'CRITICAL'],
  ['--device /dev/shm/../dm-0', 'devices: [{source: /dev/shm/../dm-0}]', 'CRITICAL'],
  ['--device /dev/mem', 'devices: [/dev/mem]', 'CRITICAL'],
  ["--device-cgroup-rule='b 8:* rwm'", 'device_cgroup_rules: ["b 8:* rwm"]', 'CRITICAL'],
  ["--device-cgroup-rule='c 10:229 rwm'", 'device_cgroup_rules: ["c 10:229 rwm"]', 'HIGH'],
  ['--device /dev/fuse', 'devices: [/dev/fuse]', 'HIGH'],
  ['--privileged', 'privileged: true', 'CRITICAL'],
  ['--privileged=1', 'privileged: "1"', 'CRITICAL'],
  ['--pid=host', 'pid: host', 'HIGH'],
  ['--pid container:x', 'pid: "container:x"', 'HIGH'],
  ['--ipc host', 'ipc: host', 'HIGH'],
  ['--userns=host', 'userns_mode: host', 'HIGH'],
  ['--net=host', 'network_mode: host', 'HIGH'],
  ['--network name=host', 'network_mode: host', 'HIGH'],
  ['--cap-add=SYS_ADMIN', 'cap_add: [SYS_ADMIN]', 'HIGH'],
  ['--security-opt seccomp=unconfined', 'security_opt: ["seccomp=unconfined"]', 'HIGH'],
  ['--security-opt apparmor:mine', 'security_opt: ["apparmor:mine"]', 'HIGH'],
  ['--gpus all', 'gpus: all', 'HIGH'],
  ['--runtime mine', 'runtime: mine', 'HIGH'],
  ['--volumes-from x', 'volumes_from: ["container:x"]', 'HIGH'],
  ['-v /srv/x:/x', 'volumes: ["/srv/x:/x"]', 'HIGH'],
])('%s is as bad as %s: %s', async (options, field, expected) => {
  const line = `docker create ${options} web:1`;
  expect(await level('run_command', { command: line }), line).toBe(expected);
  const inCompose = `docker compose run ${options} web true`;
  if (/^(-v|--vol|--priv|--cap)/.test(options))
    expect(await level('run_command', { command: inCompose }), inCompose).toBe(expected);
  const content = `services:\n  web:\n    image: web:1\n    ${field}\n`;
  const planted = await t.act('write_file', { path: 'compose.yml', content, dry_run: true });
  expect(planted.risk?.level, JSON.stringify(planted.risk?.factors)).toBe(expected);
});

test.each([
  ['docker volume create -o type=none -o o=bind -o device=/etc v', 'CRITICAL'],
  ['docker volume create --opt type=ext4 --opt device=/dev/sda1 v', 'CRITICAL'],
  [
    'docker run --mount type=volume,src=v,dst=/x,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/ a true',
    'CRITICAL',
  ],
  ['docker volume create -d rexray v', 'HIGH'],
  ['docker network create -d macvlan -o parent=eth0 n', 'HIGH'],
  ['docker exec --privileged web true', 'CRITICAL'],
  ['docker run -v "$UNKNOWN":/x a true', 'HIGH'],
  ['docker volume create v', 'MEDIUM'],
  ['docker volume create -o type=tmpfs -o device=tmpfs v', 'MEDIUM'],
  ['docker network create -d bridge n', 'MEDIUM'],
  ['docker run --device /dev/null --cap-add NET_BIND_SERVICE --network shop --runtime runc a true', 'MEDIUM'],
  ['docker run -v data:/d -v ./src:/s -v "$PWD":/w -v /etc/localtime:/etc/localtime:ro a true', 'MEDIUM'],
])('%s is %s', async (command, expected) => {
  expect(await level('run_command', { command })).toBe(expected);
});

const WITH = (from: string, mount: string): string =>
  `services:\n  web: {image: a:1, volumes_from: [${from}]}\n  db: {image: a:1, volumes: ["${mount}"]}\n`;

/** Only what the file's own service is given counts, and that as if it were given here. */
test.each([
  [WITH('db', 'data:/d'), []],
  [WITH('db:ro', './in:/d'), []],
  [WITH('db', '/etc:/d'), ['compose-host-control web', 'compose-host-control db']],
  [WITH('db:ro', '/srv/x:/d'), ['compose-host-mount web', 'compose-host-mount db']],
  [WITH('container:db', 'data:/d'), ['compose-privileged web']],
  [WITH('other', 'data:/d'), ['compose-privileged web']],
  [
    'services:\n  web: {image: a:1, volumes_from: [db]}\n  db: {image: a:1, volumes_from: [x]}\n  x: {image: a:1, volumes: ["/:/h"], volumes_from: [web]}\n',
    ['compose-host-control web', 'compose-host-control db', 'compose-host-control x'],
  ],
])('volumes_from: %#', async (content, expected) => {
  const source = parseSource(content, `${t.root}/compose.yml`);
  const [document] = source.documents;
  const found = await powersOf(document === undefined ? never() : treeOf(document, source), {
    baseOf: () => t.root,
    isInside: async (path) => path.startsWith(t.root),
    isOwn: () => false,
    isSecret: () => false,
  });
  const told = found.map(({ kind, service }) => `${kind.replaceAll('_', '-')} ${service}`);
  expect([...new Set(told)].toSorted()).toEqual(expected.toSorted());
});

test('the rules grade what Compose files give as the list does', () => {
  const kinds = { control: 'compose_host_control', walls: 'compose_privileged', files: 'compose_host_mount' };
  for (const [power, when] of Object.entries(kinds))
    expect(RULES.circumstances.find((rule) => rule.when === when)?.level).toBe(
      POWER_LEVEL[power as keyof typeof POWER_LEVEL],
    );
});
