import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/app.ts';
import { configTemplate } from '../src/cli/init.ts';
import { EXIT } from '../src/cli/exit-codes.ts';
import { program } from '../src/cli/program.ts';
import { snippets } from '../src/cli/snippets.ts';
import { type Config, configSchema } from '../src/core/config.ts';
import { ERROR_CODES } from '../src/core/errors.ts';
import { loadCards } from '../src/registry/cards.ts';
import { loadPrompts } from '../src/registry/prompts.ts';
import { parseYaml } from '../src/registry/yaml-file.ts';
import { TOOLS } from '../src/tools/index.ts';

const read = (path: string): string => readFileSync(join(PACKAGE_ROOT, path), 'utf8');

const PAGES = [
  ...readdirSync(PACKAGE_ROOT),
  ...readdirSync(join(PACKAGE_ROOT, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`),
].filter((name) => name.endsWith('.md'));

test('the generated pages are what the definitions give', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-docs.mjs', '--check'], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('docs/errors.md lists exactly the codes of the table', () => {
  const listed = [...read('docs/errors.md').matchAll(/^\| `([a-z_]+)`/gm)].map(([, code]) => code);
  expect(listed).toHaveLength(ERROR_CODES.length);
  expect(new Set(listed)).toEqual(new Set(ERROR_CODES));
});

test('docs/tools.md has a section for each tool, and the README a line', () => {
  const names = TOOLS.map((tool) => tool.name);
  expect([...read('docs/tools.md').matchAll(/^## ([a-z_]+)$/gm)].map(([, name]) => name)).toEqual(names);
  const lines = [...read('README.md').matchAll(/^\| \[`([a-z_]+)`\]\(docs\/tools\.md#/gm)];
  expect(lines.map(([, name]) => name)).toEqual(names);
});

test('the README shows each client what the CLI would print', () => {
  const readme = squeezed(read('README.md'));
  const shown = snippets('/path/to/project', { command: 'npx', args: ['-y', 'homeostat'] });
  const bodies = shown
    .trim()
    .split(/\n\n(?=\S)/)
    .slice(1)
    .map((section) => section.slice(section.indexOf('\n')));
  expect(bodies).toHaveLength(4);
  for (const body of bodies) expect(readme).toContain(squeezed(body));
});

/** JSON may be laid out anew; what it says may not differ. */
const squeezed = (text: string): string => text.replaceAll(/\s+/g, '');

test.each(PAGES)('every relative link in %s leads to something', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)].map(
    ([, link]) => link ?? '',
  );
  const dead = links.filter((link) => !existsSync(join(PACKAGE_ROOT, dirname(page), link)));
  expect(dead).toEqual([]);
});

test('every command of homeostat that the pages name is there', () => {
  const named = new Set(['README.md', ...PAGES].flatMap((page) => commandsIn(read(page))));
  const there = commandNames(program());
  expect([...named].filter((name) => !there.includes(name))).toEqual([]);
});

test('docs/cli.md has every command and every option', () => {
  const page = read('docs/cli.md');
  const named = commandsIn(page);
  for (const command of program().commands) {
    expect(named).toContain(command.name());
    for (const option of command.options) expect(page).toContain(`\`${option.long ?? ''}`);
  }
  for (const option of program().options) expect(page).toContain(option.long ?? '');
});

test('the pages name every exit code and no other', () => {
  for (const page of ['README.md', 'docs/cli.md']) {
    const after = read(page).split('## Exit codes')[1] ?? '';
    const codes = [...after.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  }
});

test('each card names tools that exist and stays short', () => {
  const names = TOOLS.map((tool) => tool.name);
  const cards = loadCards(join(PACKAGE_ROOT, 'agents'), new Set(names));
  expect([...cards.keys()].toSorted()).toEqual(['bug-hunter', 'ops', 'orchestrator', 'security']);
  for (const card of cards.values()) {
    expect(card.tools.filter((tool) => !names.includes(tool))).toEqual([]);
    expect(read(`agents/${card.name}.md`).split('\n').length).toBeLessThan(60);
    const mentioned = names.filter((name) => new RegExp(`\\b${name}\\b`).test(card.prompt));
    expect(mentioned.filter((tool) => !card.tools.includes(tool))).toEqual([]);
  }
});

test('each playbook uses the arguments that it names and no other, and stays short', () => {
  const prompts = loadPrompts(join(PACKAGE_ROOT, 'prompts'), join(PACKAGE_ROOT, 'docs'));
  expect(prompts.playbooks().size).toBe(6);
  for (const playbook of prompts.playbooks().values()) {
    const used = [...playbook.text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '');
    expect(used.toSorted(), playbook.name).toEqual(playbook.arguments.map(({ name }) => name).toSorted());
    expect(playbook.text.split('\n').length).toBeLessThan(25);
    expect(prompts.playbook(playbook, {})).not.toContain('{{');
  }
});

test('every test that the threat model names is there', () => {
  const tests = read('test/threats.test.ts');
  const named = [...read('docs/threat-model.md').matchAll(/“(.+?) …”\s*\|/g)].map(([, name]) => name ?? '');
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !tests.includes(`test('${name}`))).toEqual([]);
});

test('each claim of the threat model names a test, and each test file that it names is there', () => {
  const page = read('docs/threat-model.md');
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  const claims = page
    .split('\n\n')
    .filter((block) => block.startsWith('| Claim '))
    .flatMap((table) => table.trim().split('\n').slice(2));
  expect(claims.length).toBeGreaterThan(30);
  expect(claims.length).toBeLessThan(rows.length);
  expect(claims.filter((row) => !/“.+? …”|\]\(\.\.\/test\/[^)]+\)/.test(row))).toEqual([]);
  const files = [...page.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path]) => path ?? '');
  expect(files.filter((path) => !existsSync(join(PACKAGE_ROOT, path)))).toEqual([]);
});

test('every runtime dependency has a decision', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const titles = read('docs/decisions/README.md');
  expect(Object.keys(dependencies).filter((name) => !titles.includes(name))).toEqual([]);
});

test('what init shows commented out is valid, and the default', () => {
  const uncommented = configTemplate([]).replaceAll(/^# (?=\s*[a-z_]+:)/gm, '');
  const { notify, ...approvals } = parse(uncommented).approvals;
  expect(notify).toContain('$HOMEOSTAT_ACTION');
  const defaults = parse('');
  expect({ ...parse(uncommented), approvals }).toEqual({
    ...defaults,
    protected: { ...defaults.protected, services: ['traefik', 'postgres', 'redis'] },
  });
});

const parse = (source: string): Config => parseYaml(source, 'template', configSchema, 'config_invalid');

/** The words after `homeostat` in code, where they name a command: `homeostat audit verify` gives `audit`. */
function commandsIn(page: string): string[] {
  const code = [...page.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([text]) => text);
  return code.flatMap((text) =>
    [...text.matchAll(/(?:^|[`\s])(?:npx )?homeostat (?!-)([a-z]+)/gm)].map(([, name]) => name ?? ''),
  );
}

const commandNames = (command: Command): string[] => command.commands.map((c) => c.name());
