// Puts the modules that `homeostat assess` starts with into one file, in place: a hundred and fifty small ones take
// longer to find on disk than an assessment may take. What is only loaded when needed stays outside.
import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('../dist/cli/', import.meta.url));
for (const name of readdirSync(folder)) if (name.startsWith('assess-chunk')) rmSync(resolve(folder, name));

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

const bundle = await rolldown({
  input: resolve(folder, 'assess-main.js'),
  platform: 'node',
  external: /^(commander|yaml|zod)/,
  plugins: [builtins],
});
// In the same folder as before, so that what is found beside the code is still found there.
await bundle.write({ dir: folder, format: 'esm', minify: true, chunkFileNames: 'assess-chunk-[hash].js' });
