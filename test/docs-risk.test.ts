// docs/risk.md makes promises by example: every line of its tables and every entry that it shows is tried here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/app.ts';
import type { PathFacts } from '../src/core/host.ts';
import { LEVELS, riskOf } from '../src/core/risk.ts';
import { type CommandContext, assessCommand } from '../src/guards/risk/assess-command.ts';
import { openCatalogue } from '../src/guards/risk/catalogue.ts';
import { checkCalls } from '../src/guards/risk/code/check.ts';
import { checkExamples } from '../src/guards/risk/examples.ts';
import { judgeRequest } from '../src/guards/risk/programs/http-request.ts';
import { parseCalls } from '../src/registry/calls.ts';
import { catalogueOf } from '../src/registry/catalogue.ts';
import { programsOf } from '../src/registry/programs.ts';
import { variablesSchema } from '../src/registry/catalogue-schema.ts';
import { programsSchema } from '../src/registry/commands.ts';
import { parseHttpRules } from '../src/registry/http.ts';
import { readRegistry } from '../src/registry/load-registry.ts';
import { parseYaml } from '../src/registry/yaml-file.ts';
import { CONTEXT, ROOT } from './helpers/assess.ts';

const page = readFileSync(join(PACKAGE_ROOT, 'docs/risk.md'), 'utf8');

const COMMITTED = { tracked: 1, clean: true, untracked: false, holdsRepository: false };

/** The machine that the page describes. */
const STANDS: Readonly<Record<string, PathFacts>> = {
  'README.md': { type: 'file', size: 100, git: COMMITTED },
  src: { type: 'directory', size: 0, git: COMMITTED },
  'notes.txt': { type: 'file', size: 100, git: null },
  data: { type: 'directory', size: 0, git: null },
};

const MISSING: PathFacts = { type: 'missing', size: 0, git: null };

const machine: CommandContext = {
  ...CONTEXT,
  facts: (path) => STANDS[path.slice(ROOT.length + 1)] ?? MISSING,
};

function assess(line: string): { level: string; reversibility: string } {
  const { factors, reversibility } = assessCommand(line, ROOT, {}, machine);
  return riskOf(factors, [], reversibility);
}

const EXAMPLES = [...page.matchAll(/^\| ([A-Z]+) +\| ([a-z]+) +\| `(.+?)` +\|/gm)].map(
  ([, level = '', back = '', line = '']) => ({ level, back, line: line.replaceAll('\\|', '|') }),
);

test('the page shows examples of every level', () => {
  const rows = page.split('\n').filter((row) => /^\| [A-Z]+ .*\| `/.test(row));
  expect(EXAMPLES).toHaveLength(rows.length);
  for (const level of LEVELS)
    expect(EXAMPLES.filter((example) => example.level === level).length).toBeGreaterThan(3);
});

test.each(EXAMPLES)('$line is $level and $back', ({ level, back, line }) => {
  expect(assess(line)).toMatchObject({ level, reversibility: back });
});

describe('the entries that the page shows', () => {
  const shown = (name: string): string => {
    const [, text] = new RegExp('```yaml ' + name + '\\n(.*?)```', 's').exec(page) ?? [];
    if (text === undefined) throw new Error(`the page shows no ${name}`);
    return text;
  };

  test('a command holds its own examples', () => {
    const data = readRegistry(join(PACKAGE_ROOT, 'registry'));
    const programs = parseYaml(shown('commands'), 'commands', programsSchema, 'registry_invalid');
    const commands = catalogueOf(data.catalogue, programsOf(programs));
    expect(commands.programs.all().map(({ programs: names }) => names)).toEqual([['frob']]);
    expect(() => checkExamples({ ...data, commands })).not.toThrow();
    const catalogue = openCatalogue({ ...data, commands });
    const level = (line: string): string =>
      riskOf(assessCommand(line, ROOT, {}, { ...machine, catalogue }).factors, [], 'reversible').level;
    expect(level('frob drop a')).toBe('HIGH');
    expect(level('frob drop a --force')).toBe('CRITICAL');
  });

  test('a call holds its own examples', () => {
    const { catalogue } = readRegistry(join(PACKAGE_ROOT, 'registry'));
    const calls = { python: parseCalls(shown('calls'), 'calls') };
    expect(() => checkCalls(catalogueOf({ ...catalogue, calls }, programsOf([])).calls)).not.toThrow();
  });

  test('a request is told by its own examples', () => {
    const rules = parseHttpRules(shown('requests'), 'requests');
    const spoken = (example: string): string | undefined => {
      const [method = '', url = ''] = example.split(' ');
      return judgeRequest(method, url, null, rules)?.rule;
    };
    for (const { id, match, not_match } of rules) {
      expect(match.map(spoken)).toEqual(match.map(() => id));
      expect(not_match.map(spoken)).toEqual(not_match.map(() => undefined));
    }
  });

  test('a variable is one that the registry would take', () => {
    const [rule] = parseYaml(shown('variables'), 'variables', variablesSchema, 'registry_invalid');
    expect(rule).toMatchObject({ programs: ['frob'], runs: 'line' });
  });
});
