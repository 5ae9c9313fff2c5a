// Puts the modules that `homeostat assess` and `homeostat hook` start with into few files, in place: a hundred and fifty
// small ones take longer to find on disk than an assessment may take. What is only loaded when needed stays outside.
import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('../dist/cli/', import.meta.url));
for (const name of readdirSync(folder)) if (/^(assess|hook)-chunk/.test(name)) rmSync(resolve(folder, name));

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

/** @type {{ input: string[], external: RegExp, chunks: string }[]} */
const bundles = [
  { input: ['assess-main'], external: /^(commander|yaml|zod)/, chunks: 'assess-chunk' },
  // The configuration is read at every call, so that its readers come along.
  { input: ['hook', 'hook-answer', 'hook-resident'], external: /^better-sqlite3$/, chunks: 'hook-chunk' },
];
for (const { input, external, chunks } of bundles) {
  const bundle = await rolldown({
    input: Object.fromEntries(input.map((name) => [name, resolve(folder, `${name}.js`)])),
    platform: 'node',
    external,
    plugins: [builtins],
  });
  // In the same folder as before, so that what is found beside the code is still found there.
  await bundle.write({ dir: folder, format: 'esm', minify: true, chunkFileNames: `${chunks}-[hash].js` });
}
