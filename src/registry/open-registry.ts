import { fileURLToPath } from 'node:url';
import { type Digested, compiledRegistry, digestOf } from './compiled.ts';
import { registryOf } from './registry.ts';

export interface OpenedRegistry extends Digested {
  /** Whether it has been held to its own examples already. */
  readonly checked: boolean;
}

const SHIPPED = fileURLToPath(new URL('../../registry', import.meta.url));

/** Beside the code that was built with it; code that runs from its sources finds what was built last. */
const COMPILED = ['../registry.json', '../../dist/registry.json'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The registry as the build left it in a file; where that is not of these very files, they are read and checked anew. */
export async function openRegistry(
  folder = SHIPPED,
  compiled: readonly string[] = COMPILED,
): Promise<OpenedRegistry> {
  for (const file of compiled) {
    const found = compiledRegistry(folder, file);
    if (found !== null) return { ...found, checked: true };
  }
  // Loaded only here: schemas and YAML take longer to load than an assessment may take.
  const { readRegistry } = await import('./load-registry.ts');
  return { registry: registryOf(readRegistry(folder)), digest: digestOf(folder), checked: false };
}
