import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { SandboxData } from '../core/sandbox.ts';
import { parseYaml } from './yaml-file.ts';

const below = z.string().regex(/^[^/~]/, 'give a path below the home');
const hidden = z.array(
  z.strictObject({
    path: z.string().regex(/^(~|)\/[^/]/, 'give a path that begins with / or ~/'),
    reason: z.string().min(10),
  }),
);

/** `registry/sandbox.yaml`. */
const sandboxSchema = z.strictObject({
  credentials: hidden,
  sockets: hidden,
  runtime: z.array(z.string().startsWith('/run/')),
  caches: z.record(z.string().regex(/^[a-z0-9-]+$/), below),
  toolchains: z.record(z.string().regex(/^[A-Z_]+$/), below),
});

/** Reads and checks what the sandbox hides and offers; an error names file, line and key. */
export function readSandbox(folder: string): SandboxData {
  const file = join(folder, 'sandbox.yaml');
  return parseYaml(readFileSync(file, 'utf8'), file, sandboxSchema, 'registry_invalid');
}
