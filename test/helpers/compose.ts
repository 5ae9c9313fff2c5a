import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionReport } from '../../src/core/outcome.ts';
import { type TestApp, testApp } from './app.ts';

/** The product with the Compose tools, and project folders below its root. */
export interface ComposeApp extends TestApp {
  /** A project folder of its own with a file in it; answers the file's path below the root. */
  project(text: string | Buffer, others?: Record<string, string>): string;
  edit(path: string, ...operations: object[]): Promise<ActionReport>;
  now(path: string): string;
}

export async function composeApp(): Promise<ComposeApp> {
  const t = await testApp({ config: 'toolsets: [core, compose]\n' });
  let number = 0;
  return {
    ...t,
    project(text, others = {}) {
      number += 1;
      const folder = `p${number}`;
      mkdirSync(join(t.root, folder, 'data'), { recursive: true });
      for (const [name, content] of Object.entries(others))
        writeFileSync(join(t.root, folder, name), content);
      writeFileSync(join(t.root, folder, 'compose.yml'), text);
      return `${folder}/compose.yml`;
    },
    edit: async (path, ...operations) => t.act('edit_compose', { path, operations }),
    now: (path) => readFileSync(join(t.root, path), 'utf8'),
  };
}

/** An operation on the service `web`. */
export const web = (op: string, more: object): object => ({ op, service: 'web', ...more });
