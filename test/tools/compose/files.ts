import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { removeTree } from '../../../src/host/journal/discard.ts';
import { type TestApp, testApp } from '../../helpers/app.ts';
import { folders } from '../../helpers/scratch.ts';

export interface Row {
  key: string;
  value: string | null;
  file: string;
  line: number;
}

export interface Found {
  code: string;
  severity: string;
  file: string;
  line: number;
  message: string;
  operations: object[];
}

/** One app for all tests of a file. */
export async function composeApp(): Promise<TestApp> {
  const place = folders('toolsets: [core, compose]\n');
  const t = await testApp({ on: place });
  afterAll(async () => {
    await t.close();
    removeTree(place.base);
  });
  return t;
}

let number = 0;

/** Writes files into a folder of their own below the app's root; answers its name. */
export function folderOf(t: TestApp, files: Record<string, string>): string {
  const folder = `f${(number += 1)}`;
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(t.root, folder, name)), { recursive: true });
    writeFileSync(join(t.root, folder, name), content);
  }
  return folder;
}

/** What a query answers of files; all of those that end in `.yml` in their order unless some are named. */
export async function asked<T>(
  t: TestApp,
  tool: string,
  files: Record<string, string>,
  more: object = {},
  names = Object.keys(files).filter((name) => name.endsWith('.yml')),
): Promise<T> {
  const folder = folderOf(t, files);
  const paths = names.map((name) => join(folder, name));
  const report = await t.ask(tool, { paths, ...more });
  expect(report.error).toBeNull();
  return report.result as T;
}

/** What `read_compose` shows, as `KEY=VALUE`. */
export async function rows(...[t, ...rest]: RowsOf): Promise<string[]> {
  const { values } = await asked<{ values: Row[] }>(t, 'read_compose', ...rest);
  return values.map(({ key, value }) => `${key}=${value}`);
}

type RowsOf = [t: TestApp, files: Record<string, string>, more?: object, names?: string[]];

export async function findings(...[t, ...rest]: RowsOf): Promise<Found[]> {
  return (await asked<{ findings: Found[] }>(t, 'validate_compose', ...rest)).findings;
}
