import { expect, test } from 'vitest';
import { composeApp, findings, rows } from './files.ts';

const t = await composeApp();

const service = (text: string): string => `services: {web: {image: i, ${text}}}\n`;

/** A service's key in the first file, in the second, and what Compose makes of both. */
const CASES: readonly (readonly [below: string, above: string, whole: readonly string[]])[] = [
  // Short forms are the long ones: of one port, mount or secret the later stands in the earlier's place.
  ['ports: ["8080:80", "1:1"]', 'ports: [{target: 80, published: "8080"}]', ['ports.0.target=80', 'ports.0.published=8080', 'ports.1=1:1']],
  ['ports: ["0.0.0.0:80:80"]', 'ports: ["80:80/tcp"]', ['ports.0=80:80/tcp']],
  ['ports: ["80:80"]', 'ports: ["80:80/udp"]', ['ports.0=80:80', 'ports.1=80:80/udp']],
  ['volumes: ["va:/b:ro", "vc:/c"]', 'volumes: [{type: volume, source: x, target: /b}]', ['volumes.0.type=volume', 'volumes.0.source=x', 'volumes.0.target=/b', 'volumes.1=vc:/c']],
  ['secrets: [s]', 'secrets: [{source: t, target: /run/secrets/s}]', ['secrets.0.source=t', 'secrets.0.target=/run/secrets/s']],
  ['configs: [{source: c}]', 'configs: [c]', ['configs.0=c']],
  ['devices: ["/dev/a:/dev/x"]', 'devices: ["/dev/b:/dev/x:r"]', ['devices.0=/dev/b:/dev/x:r']],
  // Lists of NAME=VALUE and mappings are one thing.
  ['environment: [A=1, B=2]', 'environment: {B: "3", C: null}', ['environment.A=1', 'environment.B=3', 'environment.C=null']],
  ['environment: {A: "1"}', 'environment: [A]', ['environment.A=null']],
  ['labels: {a: b}', 'labels: ["a=c=d"]', ['labels.a=c=d']],
  ['sysctls: [a=1]', 'sysctls: {b: 2}', ['sysctls.a=1', 'sysctls.b=2']],
  ['annotations: [a=1]', 'annotations: {a: 2}', ['annotations.a=2']],
  ['deploy: {labels: [a=1]}', 'deploy: {labels: {b: 2}}', ['deploy.labels.a=1', 'deploy.labels.b=2']],
  ['build: .', 'build: {args: [A=1]}', ['build.context=.', 'build.args.A=1']],
  ['build: {context: ., args: {A: 1}}', 'build: {args: [A=2]}', ['build.context=.', 'build.args.A=2']],
  // A host may have several addresses.
  ['extra_hosts: ["h:1.1.1.1"]', 'extra_hosts: {h: 2.2.2.2}', ['extra_hosts.0=h:1.1.1.1', 'extra_hosts.1=h:2.2.2.2']],
  ['extra_hosts: ["h:1.1.1.1"]', 'extra_hosts: ["h=1.1.1.1"]', ['extra_hosts.0=h=1.1.1.1']],
  ['networks: [n]', 'networks: {n: {aliases: [x]}, m: null}', ['networks.n.aliases.0=x', 'networks.m=null']],
  ['networks: {n: {aliases: [x]}}', 'networks: [n]', ['networks.n.aliases.0=x']],
  ['networks: {n: {aliases: [x, y]}}', 'networks: {n: {aliases: [y, z]}}', ['networks.n.aliases.0=x', 'networks.n.aliases.1=y', 'networks.n.aliases.2=z']],
  ['depends_on: [a]', 'depends_on: {b: {condition: service_healthy}}', ['depends_on.a.condition=service_started', 'depends_on.a.required=true', 'depends_on.b.condition=service_healthy']],
  ['depends_on: {a: {condition: service_healthy}}', 'depends_on: [a]', ['depends_on.a.condition=service_started', 'depends_on.a.required=true']],
  // The later alone.
  ['command: [a, b]', 'command: c', ['command=c']],
  ['command: a', 'command: [c]', ['command.0=c']],
  ['command: a', 'command: null', ['command=null']],
  ['entrypoint: [a]', 'entrypoint: []', ['entrypoint=[]']],
  ['healthcheck: {test: [CMD, a], retries: 1}', 'healthcheck: {test: b}', ['healthcheck.test=b', 'healthcheck.retries=1']],
  ['ulimits: {nofile: {soft: 1, hard: 2}}', 'ulimits: {nofile: 5}', ['ulimits.nofile=5']],
  ['logging: {driver: a, options: {x: 1}}', 'logging: {driver: b}', ['logging.driver=b']],
  ['logging: {driver: a, options: {x: 1}}', 'logging: {options: {y: 2}}', ['logging.driver=a', 'logging.options.x=1', 'logging.options.y=2']],
  // One or many; of equal ones the first place holds, since with env files the order decides.
  ['dns: 1.1.1.1', 'dns: [8.8.8.8, 1.1.1.1]', ['dns.0=1.1.1.1', 'dns.1=8.8.8.8']],
  ['env_file: [{path: a.txt, required: false}, {path: b.txt, required: false}]', 'env_file: [{path: a.txt, required: false, format: raw}]', ['env_file.0.path=a.txt', 'env_file.0.required=false', 'env_file.0.format=raw', 'env_file.1.path=b.txt', 'env_file.1.required=false']],
  ['tmpfs: /run', 'tmpfs: [/tmp]', ['tmpfs.0=/run', 'tmpfs.1=/tmp']],
  ['cap_add: [A, B]', 'cap_add: [B, C]', ['cap_add.0=A', 'cap_add.1=B', 'cap_add.2=C']],
  ['user: a', 'user: null', ['user=a']],
  ['environment: {A: 1}', 'environment: null', ['environment.A=1']],
  // Tags.
  ['ports: ["1:1"]', 'ports: !reset []', []],
  ['ports: ["1:1"]', 'ports: !override ["2:2"]', ['ports.0=2:2']],
  ['environment: {A: 1, B: 2}', 'environment: {A: !reset null}', ['environment.B=2']],
  ['ports: !reset ["1:1"]', 'ports: ["2:2"]', ['ports.0=2:2']],
  ['healthcheck: {test: a, retries: 1}', 'healthcheck: !override {test: b}', ['healthcheck.test=b']],
]; // prettier-ignore

test.each(CASES)('%s, then %s', async (below, above, whole) => {
  const files = { 'a.yml': service(below), 'b.yml': service(above) };
  const seen = await rows(t, files);
  expect(seen).toEqual(['services.web.image=i', ...whole.map((row) => `services.web.${row}`)]);
  // The same from a service that is extended, and from two documents of a file.
  const extending = await rows(t, {
    'b.yml': `services: {web: {extends: {file: base.txt, service: web}, ${above}}}\n`,
    'base.txt': service(below),
  });
  expect(extending.toSorted()).toEqual(seen.toSorted());
  expect(await rows(t, { 'a.yml': `${service(below)}---\n${service(above)}` })).toEqual(seen);
});

test('labels, options and address pools of networks, volumes and secrets', async () => {
  const seen = await rows(t, {
    'a.yml':
      'services: {}\nnetworks: {n: {labels: [a=1], driver_opts: {x: 1}, ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}]}}}\nvolumes: {v: {labels: {a: 1}}}\nsecrets: {s: {file: ./f, labels: [a=1]}}\n',
    'b.yml':
      'networks: {n: {labels: {a: 2}, driver_opts: {y: 2}, ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}, {subnet: 10.0.1.0/24}]}}}\nvolumes: {v: {labels: [b=2]}}\nsecrets: {s: {labels: {b: 2}}}\n',
  });
  expect(seen).toEqual([
    'networks.n.labels.a=2',
    'networks.n.driver_opts.x=1',
    'networks.n.driver_opts.y=2',
    'networks.n.ipam.config.0.subnet=10.0.0.0/24',
    'networks.n.ipam.config.0.gateway=10.0.0.1',
    'networks.n.ipam.config.0.ip_range=10.0.0.0/25',
    'networks.n.ipam.config.1.subnet=10.0.1.0/24',
    'volumes.v.labels.a=1',
    'volumes.v.labels.b=2',
    'secrets.s.file=./f',
    'secrets.s.labels.a=1',
    'secrets.s.labels.b=2',
  ]);
});

test('a later file overrides what the first includes, and takes away what lies below an extended service', async () => {
  const files = {
    'a.yml': 'include: [inc/inc.txt]\nservices: {web: {image: i, ports: ["1:1"]}}\n',
    'b.yml':
      'services: {db: {ports: ["2:2"]}, web: {extends: {file: base.txt, service: web}, ports: !reset []}}\n',
    'inc/inc.txt': 'services: {db: {image: d}}\n',
    'base.txt': service('ports: ["3:3"]'),
  };
  expect(await rows(t, files)).toEqual([
    'services.web.image=i',
    'services.db.image=d',
    'services.db.ports.0=2:2',
  ]);
  expect((await findings(t, files)).map(({ code }) => code)).not.toContain('include_conflict');
  const clash = { ...files, 'a.yml': 'include: [inc/inc.txt]\nservices: {db: {image: other}}\n' };
  expect((await findings(t, clash)).map(({ code }) => code)).toContain('include_conflict');
});

test.each([
  [
    'cap_add: [A]',
    'cap_add: {A: 1}',
    'merge_conflict',
    /services\.web\.cap_add is a mapping here and a list/,
  ],
  ['deploy: {replicas: 1}', 'deploy: x', 'merge_conflict', /a single value here and a mapping/],
  ['ports: ["1:1"]', 'ports: !merge ["2:2"]', 'unknown_tag', /item by item/],
  ['user: a', 'user: !mine b', 'unknown_tag', /means nothing/],
])('%s, then %s is told as %s', async (below, above, code, message) => {
  const found = await findings(t, { 'a.yml': service(below), 'b.yml': service(above) });
  expect(found.find((one) => one.code === code)).toMatchObject({
    file: expect.stringMatching(/b\.yml$/) as string,
    line: 1,
    message: expect.stringMatching(message) as string,
  });
});
