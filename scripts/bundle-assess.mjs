// Puts the modules that `homeostat assess` starts with into one file, in place: a hundred and fifty small ones take
// longer to find on disk than an assessment may take. What is only loaded when needed stays outside.
import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('../dist/cli/', import.meta.url));
for (const name of readdirSync(folder)) if (name.startsWith('assess-chunk')) rmSync(resolve(folder, name));

const bundle = await rolldown({
  input: resolve(folder, 'assess-main.js'),
  platform: 'node',
  external: (id) => id.startsWith('node:') || /^(commander|yaml|zod)/.test(id),
});
// In the same folder as before, so that what is found beside the code is still found there.
await bundle.write({ dir: folder, format: 'esm', chunkFileNames: 'assess-chunk-[hash].js' });
