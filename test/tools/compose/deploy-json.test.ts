import { expect, test } from 'vitest';
import type { Inspected } from '../../../src/core/engine.ts';
import { fieldsOfContainer } from '../../../src/tools/compose/deploy/container-fields.ts';
import { jsonOf } from '../../../src/tools/compose/deploy/json.ts';
import { parseSource } from '../../../src/tools/compose/document/source.ts';
import { treeOf } from '../../../src/tools/compose/document/tree.ts';

const ODD =
  '{yes: true, no: false, whole: 3, part: 0.5, cut: 1.10, eight: 0644, long: 12345678901234567890, none: null, text: "007"}';
/** As Compose 2 writes each of them. */
const TEXTS = {
  yes: 'true',
  no: 'false',
  whole: '3',
  part: '0.5',
  cut: '1.1',
  eight: '420',
  long: '12345678901234567890',
  none: '',
  text: '007',
};

const json = (text: string, path: string): unknown => {
  const source = parseSource(`${text}\n`, 'compose.yml');
  const [document] = source.documents;
  if (document === undefined) throw new Error('no document');
  return jsonOf(treeOf(document, source), path.split('/'));
};

test.each([
  'services/web.x/labels',
  'services/web/annotations',
  'services/web/sysctls',
  'services/web/storage_opt',
  'services/web/extra_hosts',
  'services/web/logging/options',
  'services/web/deploy/labels',
  'services/web/networks/front.a/driver_opts',
  'services/web/volumes/0/volume/labels',
  'services/web/deploy/resources/reservations/devices/1/options',
  'networks/front/labels',
  'networks/front/driver_opts',
  'networks/front/ipam/options',
  'networks/front/ipam/config/0/aux_addresses',
  'volumes/data/labels',
  'volumes/data/driver_opts',
  'secrets/word/labels',
  'configs/page/labels',
])('%s has texts', (path) => {
  expect(json(ODD, path)).toEqual(TEXTS);
});

test('hosts with several addresses have a text for each, and elsewhere a number stays one', () => {
  expect(json(ODD, 'services/web/healthcheck')).toMatchObject({ yes: true, whole: 3, part: 0.5, none: null });
  expect(json('{x: [10.0.0.1, 7]}', 'services/web/extra_hosts')).toEqual({ x: ['10.0.0.1', '7'] });
});

test('a variable that a container has no value of is none of its fields', () => {
  const found = {
    Id: 'a'.repeat(64),
    Name: '/shop_web_1',
    Image: 'sha256:1',
    Config: { Env: ['BAR', 'FOO=', 'A=1=2', 'affinity:container==x'], Labels: {}, Hostname: 'h' },
    HostConfig: {},
    NetworkSettings: { Networks: {} },
    Mounts: [],
  } as unknown as Inspected;
  const { fields } = fieldsOfContainer(found, null, { containers: [], names: new Map() });
  expect([...fields].filter(([key]) => key.startsWith('environment'))).toEqual([
    ['environment.FOO', ''],
    ['environment.A', '1=2'],
  ]);
});
