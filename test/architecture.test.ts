import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/app.ts';
import { SHARING } from './helpers/sharing.ts';

const SRC = join(PACKAGE_ROOT, 'src');

/** Which rooms and which outside packages each room may import; a room that is not listed may import nothing. */
const FLOORS: Record<string, { rooms: string[]; packages: string[] }> = {
  core: { rooms: ['core'], packages: ['zod'] },
  registry: { rooms: ['core', 'registry'], packages: ['zod', 'yaml'] },
  store: { rooms: ['core', 'store'], packages: ['zod', 'better-sqlite3', 'canonicalize', 'koffi'] },
  host: { rooms: ['core', 'host'], packages: ['dockerode', 'execa', 'koffi', 'picomatch'] },
  guards: {
    rooms: ['core', 'registry', 'store', 'guards'],
    packages: ['cockatiel', 'picomatch', 'unbash', '@secretlint/secretlint-rule-preset-recommend'],
  },
  tools: { rooms: ['core', 'tools'], packages: ['zod', 'diff', 'yaml'] },
  server: { rooms: ['core', 'server'], packages: ['@modelcontextprotocol/sdk', 'prom-client'] },
  runner: { rooms: ['core', 'runner'], packages: ['zod', 'better-sqlite3', '@modelcontextprotocol/sdk'] },
  cli: {
    rooms: ['core', 'server', 'runner', 'cli', 'app.ts', 'assessor.ts', 'hooks.ts'],
    packages: ['commander', '@modelcontextprotocol/sdk'],
  },
  'assessor.ts': { rooms: ['core', 'registry', 'store', 'host', 'guards'], packages: [] },
  'hooks.ts': { rooms: ['core', 'registry', 'store', 'host', 'guards'], packages: [] },
  'offer.ts': { rooms: ['core', 'registry', 'tools'], packages: [] },
  'policy.ts': { rooms: ['core', 'registry', 'guards'], packages: [] },
  'survey.ts': { rooms: ['registry', 'store', 'host'], packages: [] },
  'app.ts': {
    rooms: [
      'core',
      'registry',
      'store',
      'host',
      'guards',
      'tools',
      'server',
      'cli',
      'offer.ts',
      'policy.ts',
      'survey.ts',
    ],
    packages: [],
  },
  'main.ts': { rooms: ['cli', 'runner', 'app.ts'], packages: [] },
};

/** Node's modules that reach the machine: files, processes, the network. */
const TOUCHES_THE_MACHINE =
  /^(node:)?(fs|child_process|net|os|http|https|http2|dgram|dns|tls|cluster|worker_threads)(\/|$)/;
const MAY_TOUCH = new Set([
  'host',
  'store',
  'registry',
  'runner',
  'server',
  'cli',
  'app.ts',
  'hooks.ts',
  'policy.ts',
  'survey.ts',
  'main.ts',
]);

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file of this source tree that it names; null for a package. */
  readonly to: string | null;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .toSorted();
const sources = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));

/** Every specifier of a file: imports, re-exports, type imports and dynamic ones. */
function specifiers(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const patterns = [
    /^\s*(?:import|export)\b(?:[^'";]|'(?!\.))*?\bfrom\s*'([^']+)'/gm,
    /^\s*import\s*'([^']+)'/gm,
    /\bimport\s*\(\s*'([^']+)'/g,
    /\brequire\s*\(\s*'([^']+)'/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name ?? ''));
}

const imports: Import[] = files.flatMap((from) =>
  specifiers(sources.get(from) ?? '').map((specifier) => ({
    from,
    specifier,
    to: specifier.startsWith('.') ? relative(SRC, join(SRC, dirname(from), specifier)) : null,
  })),
);

const room = (file: string): string => file.split('/')[0] ?? file;
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const shown = (list: readonly Import[]): string[] =>
  list.map(({ from, specifier }) => `${from} imports ${specifier}`);

test('the reader of imports sees every kind of them', () => {
  const source = [
    "import a from './a.ts';",
    "import type { B } from './b.ts';",
    "import {\n  type C,\n  c,\n} from './c.ts';",
    "export * from './d.ts';",
    "export type { E } from './e.ts';",
    "import './f.ts';",
    "const g = await import('./g.ts');",
    "type H = import('./h.ts').H;",
    "// import './not.ts';",
    "export const text = 'from ./not.ts';",
  ].join('\n');
  expect(specifiers(source).toSorted()).toEqual('abcdefgh'.split('').map((name) => `./${name}.ts`));
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(files.length);
});

test('every import names a file that is there', () => {
  expect(shown(imports.filter(({ to }) => to !== null && !sources.has(to)))).toEqual([]);
});

test('imports point down only', () => {
  const wrong = imports.filter(({ from, to }) => {
    const floor = FLOORS[room(from)];
    return to !== null && floor?.rooms.includes(room(to)) !== true;
  });
  expect(shown(wrong)).toEqual([]);
});

test('each room uses its own packages and no other', () => {
  const wrong = imports.filter(({ from, specifier, to }) => {
    if (to !== null || specifier.startsWith('node:')) return false;
    return FLOORS[room(from)]?.packages.includes(packageOf(specifier)) !== true;
  });
  expect(shown(wrong)).toEqual([]);
});

test('only the rooms made for it touch the machine', () => {
  const wrong = imports.filter(
    ({ from, specifier }) => TOUCHES_THE_MACHINE.test(specifier) && !MAY_TOUCH.has(room(from)),
  );
  expect(shown(wrong)).toEqual([]);
});

test('no file imports itself, by whatever way round, types included', () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const { from, to } of imports) if (from === file && to !== null) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test('every file is reached from the bin', () => {
  const reached = new Set(['main.ts']);
  for (const file of reached)
    for (const { from, to } of imports) if (from === file && to !== null) reached.add(to);
  expect(files.filter((file) => !reached.has(file))).toEqual([]);
});

test('files are small', () => {
  const lines = files.map((file) => ({ file, lines: (sources.get(file) ?? '').split('\n').length }));
  expect(lines.filter((f) => f.lines > 400)).toEqual([]);
  const median = lines.map((f) => f.lines).toSorted((a, b) => a - b)[Math.floor(lines.length / 2)] ?? 0;
  expect(median).toBeLessThanOrEqual(120);
});

test('no file of tests that shares its process replaces modules, and no helper has hooks of its own', () => {
  const tests = join(PACKAGE_ROOT, 'test');
  const found = (folder: string, forbidden: RegExp): string[] =>
    readdirSync(join(tests, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'each-file.ts')
      .filter((name) => forbidden.test(readFileSync(join(tests, folder, name), 'utf8')))
      .map((name) => join(folder, name));
  expect(SHARING.flatMap((folder) => found(folder, /\bvi\.(doMock|mock)\(/))).toEqual([]);
  expect(found('helpers', /^(?:before|after)(?:Each|All)\(/m)).toEqual([]);
});
