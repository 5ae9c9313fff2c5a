// Reads and checks the registry once, at build time, so that no start has to: dist/registry.json.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkExamples } from '../dist/guards/risk/examples.js';
import { compile } from '../dist/registry/compiled.js';
import { readRegistry } from '../dist/registry/load-registry.js';
import { registryOf } from '../dist/registry/registry.js';

const folder = fileURLToPath(new URL('../registry', import.meta.url));
const target = fileURLToPath(new URL('../dist/registry.json', import.meta.url));

rmSync(target, { force: true });
const registry = readRegistry(folder);
checkExamples(registryOf(registry));
// In place only as a whole: an entry is read when it is first asked for.
writeFileSync(`${target}.new`, compile(folder, registry));
renameSync(`${target}.new`, target);
