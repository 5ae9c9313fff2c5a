// Puts the modules that a start needs into few files, in place: to find and load hundreds of small ones takes most of
// the time of a start. What is only loaded when needed stays in files of its own.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
for (const name of readdirSync(join(dist, 'cli')))
  if (/^(assess|hook)-chunk/.test(name)) rmSync(join(dist, 'cli', name));
rmSync(join(dist, 'chunks'), { recursive: true, force: true });

/**
 * Takes node's own modules without `import`, which touches all that they export: of `node:fs` that loads the streams.
 * @type {import('rolldown').Plugin}
 */
const builtins = {
  name: 'builtins',
  resolveId: (id) => (id.startsWith('node:') ? `\0${id}` : null),
  load(id) {
    if (!id.startsWith('\0node:')) return null;
    const name = id.slice(1);
    const exported = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) =>
      /^[A-Za-z]\w*$/.test(key),
    );
    return [
      `const all = process.getBuiltinModule('${name}');`,
      'const pick = (key) => all[key];',
      ...exported
        .filter((key) => key !== 'default')
        .map((key, i) => `const of${i} = /*#__PURE__*/ pick('${key}');\nexport { of${i} as ${key} };`),
      'export default all;',
    ].join('\n');
  },
};

/**
 * A module finds what lies beside it from wherever its code was put; so does the one that reads YAML when it must.
 * @type {import('rolldown').Plugin}
 */
const places = {
  name: 'places',
  transform: (code, id) =>
    id.startsWith(dist)
      ? code
          .replace("require('yaml')", "require('../chunks/yaml.cjs')")
          .replaceAll('import.meta.url', `__place('${relative(dist, id)}')`)
      : null,
  renderChunk: (code, { fileName }) =>
    code.replaceAll(/__place\(["'`]([^"'`]+)["'`]\)/g, (_, module) => {
      const path = relative(dirname(fileName), module).replaceAll(sep, '/');
      return `new URL(${JSON.stringify(path)}, import.meta.url).href`;
    }),
};

/** @type {{ input: string[], external: RegExp, plugins: import('rolldown').Plugin[], minify: boolean, chunks: string }[]} */
const bundles = [
  {
    input: ['cli/assess-main'],
    external: /^(commander|yaml|zod)/,
    plugins: [builtins],
    minify: true,
    chunks: 'cli/assess-chunk-[hash].js',
  },
  // The configuration is read at every call, so that its readers come along.
  {
    input: ['cli/hook', 'cli/hook-answer', 'cli/hook-resident'],
    external: /^better-sqlite3$/,
    plugins: [builtins],
    minify: true,
    chunks: 'cli/hook-chunk-[hash].js',
  },
  // The server and the rest of the CLI; what is compiled for a machine, or loads such a thing, stays outside.
  {
    input: ['app', 'cli/program', 'cli/serve', 'runner/inference', 'server/mcp/stdio'],
    external: /^(better-sqlite3|dockerode|koffi|node-llama-cpp)$/,
    plugins: [],
    minify: false,
    chunks: 'chunks/[name]-[hash].js',
  },
];
/** Folders of the packages whose code was put into a file. @type {Set<string>} */
const packages = new Set();
/** @param {import('rolldown').RolldownOutput} written */
const note = ({ output }) => {
  for (const chunk of output)
    for (const id of chunk.type === 'chunk' ? chunk.moduleIds : []) {
      const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? [];
      if (folder !== undefined) packages.add(folder);
    }
};

for (const { input, external, plugins, minify, chunks } of bundles) {
  const bundle = await rolldown({
    input: Object.fromEntries(input.map((name) => [name, join(dist, `${name}.js`)])),
    platform: 'node',
    external,
    plugins: [places, ...plugins],
  });
  // Under the names that they had, so that whoever imports them finds them.
  note(await bundle.write({ dir: dist, format: 'esm', minify, chunkFileNames: chunks }));
}
const yaml = await rolldown({ input: { 'chunks/yaml': 'yaml' }, platform: 'node' });
note(await yaml.write({ dir: dist, format: 'cjs', entryFileNames: '[name].cjs' }));

// Their licences ask that they go along with the code.
const licences = [...packages].toSorted().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
});
writeFileSync(join(dist, 'THIRD-PARTY.txt'), `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
