import { dice } from '../../helpers/dice.ts';

/** How one file of the corpus is written. */
interface Manner {
  readonly step: number;
  readonly dash: number;
  readonly apart: boolean;
  readonly quote: '' | '"' | "'";
  readonly environment: 'map' | 'list' | 'flow' | 'none';
  readonly comments: boolean;
}

const IMAGES = [
  'nginx:1.25-alpine',
  'postgres:16.2',
  'redis:7',
  'traefik:v3.0',
  'ghcr.io/acme/app:2.4.1',
  'minio/minio',
];
const NAMES = ['web', 'db', 'cache', 'proxy', 'app', 'worker', 'mail-server', 'grafana_1'];
const COMMENTS = [
  '# keep this',
  '# TODO: check "quotes" & {braces}',
  '#no blank',
  '# 木 ünïcode',
  '# - a: list?',
];

/** A Compose file of real-world style, the same for the same seed. */
export function makeFile(seed: number): string {
  const { pick, chance, below: int } = dice(seed);
  const manner: Manner = {
    step: pick([2, 2, 2, 4, 3]),
    dash: pick([2, 2, 0, 4]),
    apart: chance(0.6),
    quote: pick(['', '', '"', "'"]),
    environment: pick(['map', 'list', 'flow', 'none']),
    comments: chance(0.7),
  };
  const pad = (depth: number): string => ' '.repeat(depth * manner.step);
  const q = (text: string): string => `${manner.quote}${text}${manner.quote}`;
  const remark = (): string =>
    manner.comments && chance(0.25) ? `${pick(['', ' ', '   '])} ${pick(COMMENTS)}` : '';
  const lines: string[] = [];
  const note = (depth: number): void => {
    if (manner.comments && chance(0.2)) lines.push(`${pad(depth)}${pick(COMMENTS)}`);
  };
  const list = (
    depth: number,
    key: string,
    items: readonly string[],
    shape = pick(['block', 'block', 'flow']),
  ): void => {
    if (shape === 'flow') {
      lines.push(`${pad(depth)}${key}: [${items.join(', ')}]${remark()}`);
      return;
    }
    lines.push(`${pad(depth)}${key}:${remark()}`);
    for (const item of items) {
      note(depth);
      lines.push(`${pad(depth)}${' '.repeat(manner.dash)}- ${item}${remark()}`);
    }
  };
  const services = NAMES.slice(0, 1 + int(NAMES.length));
  if (chance(0.2)) lines.push('---');
  if (chance(0.4)) lines.push(pick(COMMENTS));
  if (chance(0.3)) lines.push(`version: "3.${int(9)}"`);
  if (chance(0.3)) lines.push(`name: ${q('stack')}`, '');
  const merges = chance(0.25);
  if (merges)
    lines.push(
      'x-base: &base',
      `${pad(1)}restart: unless-stopped${remark()}`,
      `${pad(1)}logging:`,
      `${pad(2)}driver: json-file`,
      '',
    );
  note(0);
  lines.push(`services:${remark()}`);
  for (const [index, name] of services.entries()) {
    if (index > 0 && manner.apart) lines.push('');
    note(1);
    lines.push(`${pad(1)}${name}:${remark()}`);
    if (merges && chance(0.6)) lines.push(`${pad(2)}<<: *base`);
    lines.push(`${pad(2)}image: ${q(pick(IMAGES))}${remark()}`);
    note(2);
    if (chance(0.3)) lines.push(`${pad(2)}container_name: ${q(`c-${name}`)}`);
    if (chance(0.3)) lines.push(`${pad(2)}command: |`, `${pad(3)}run --all # no comment`, `${pad(3)}second`);
    if (chance(0.3))
      lines.push(`${pad(2)}command: >-`.replace('command', 'x-note'), `${pad(3)}folded`, '', `${pad(3)}text`);
    if (chance(0.6))
      list(2, 'ports', [
        `"${8000 + index}:80"`,
        ...(chance(0.4) ? [`'127.0.0.1:${9000 + index}:90/udp'`] : []),
      ]);
    if (chance(0.2))
      lines.push(
        `${pad(2)}volumes:`,
        `${pad(2)}${' '.repeat(manner.dash)}- type: bind`,
        `${pad(2)}${' '.repeat(manner.dash)}  source: ./data`,
        `${pad(2)}${' '.repeat(manner.dash)}  target: /data`,
      );
    else if (chance(0.6))
      list(2, 'volumes', [q(`data:/var/lib/${name}`), ...(chance(0.5) ? [q('./conf:/etc/app:ro')] : [])]);
    environment(manner, lines, pad(2), pad(3), q, remark);
    if (chance(0.4))
      list(
        2,
        'labels',
        ['"traefik.enable=true"', `'traefik.http.routers.${name}.rule=Host(\`${name}.example.org\`)'`],
        'block',
      );
    else if (chance(0.3)) lines.push(`${pad(2)}labels:`, `${pad(3)}traefik.enable: "true"`);
    if (index > 0 && chance(0.4)) list(2, 'depends_on', [services[index - 1] ?? '']);
    else if (index > 0 && chance(0.3))
      lines.push(`${pad(2)}depends_on:`, `${pad(3)}${services[0]}:`, `${pad(4)}condition: service_healthy`);
    if (chance(0.3))
      lines.push(
        `${pad(2)}healthcheck:`,
        `${pad(3)}test: ["CMD", "true"]${remark()}`,
        `${pad(3)}interval: 30s`,
      );
    if (chance(0.3)) list(2, 'networks', ['front', 'back']);
    if (chance(0.2)) lines.push(`${pad(2)}deploy: {resources: {limits: {memory: 64M}}}`);
  }
  if (chance(0.7))
    lines.push('', 'volumes:', `${pad(1)}data:${remark()}`, ...(chance(0.3) ? [`${pad(1)}more: {}`] : []));
  if (chance(0.4))
    lines.push('', 'networks:', `${pad(1)}front:`, `${pad(2)}external: true`, `${pad(1)}back: {}${remark()}`);
  if (chance(0.2)) lines.push(pick(COMMENTS));
  if (chance(0.1)) lines.push('...');
  return lines.join('\n') + (chance(0.8) ? '\n' : '');
}

function environment(
  { environment: shape, dash }: Manner,
  lines: string[],
  outer: string,
  inner: string,
  q: (text: string) => string,
  remark: () => string,
): void {
  if (shape === 'map')
    lines.push(
      `${outer}environment:${remark()}`,
      `${inner}TZ: ${q('Europe/Berlin')}${remark()}`,
      `${inner}EMPTY:`,
      `${inner}COUNT: "5"`,
    );
  if (shape === 'list')
    lines.push(
      `${outer}environment:`,
      `${outer}${' '.repeat(dash)}- ${q('TZ=Europe/Berlin')}${remark()}`,
      `${outer}${' '.repeat(dash)}- COUNT=5`,
    );
  if (shape === 'flow') lines.push(`${outer}environment: {TZ: Europe/Berlin, COUNT: "5"}${remark()}`);
}
