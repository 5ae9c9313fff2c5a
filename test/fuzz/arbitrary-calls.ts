import { fc } from '../helpers/seeded.ts';
import { TOOLS } from '../../src/tools/index.ts';

/** One tool call; a value `{ earlier: n }` stands for the id of an action that was done before. */
export interface Call {
  readonly tool: string;
  readonly input: unknown;
  readonly client: 'one' | 'two';
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

const PATHS = ['a.txt', 'b.txt', 'c', 'd/e.txt', 'd/f/g.txt', 'd', './a.txt', 'bin', '.env', '.git/config'];

/** Paths that try to leave the root, or that no file can have. */
const HOSTILE_PATHS = [
  '../canary/secret.txt',
  '../../../../../../../../etc/hostname',
  '/etc/hostname',
  '/',
  '.',
  '..',
  '~',
  'd/../../canary/new.txt',
  'out',
  'out/secret.txt',
  'out/new.txt',
  'out/deep/new.txt',
  'link',
  'link/x',
  'dangling',
  'dangling/x',
  'loop',
  'loop/x',
  'a.txt/below',
  'a.txt/below/that',
  'pipe',
  'a\0b',
  '\0',
  '\ud800',
  'x\udfff.txt',
  'n'.repeat(255),
  '木'.repeat(85),
  'n'.repeat(256),
  `${'n'.repeat(256)}/x`,
  'p/'.repeat(2047),
  'q'.repeat(5000),
  '-rf',
  '--',
  '__proto__',
  'constructor/prototype',
  'line\nbreak',
  '\u202etxt.a',
  ' ',
  'bad-name',
  '/proc/self/environ',
  '/dev/null',
];

const HOSTILE_VALUES: readonly unknown[] = [
  null,
  undefined,
  true,
  -1,
  0,
  -0,
  0.5,
  2 ** 53,
  1e308,
  -1e308,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '{}',
  [],
  {},
  [null],
  ['a.txt'],
  { path: 'a.txt' },
  { toString: 'x', valueOf: 1, constructor: null },
  JSON.parse('{"__proto__": {"path": "a.txt"}}'),
  nested(50),
  nested(50_000),
  'long '.repeat(20_000),
];

const hostile = fc.oneof(fc.constantFrom(...HOSTILE_PATHS), fc.constantFrom(...HOSTILE_VALUES));

const path = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_PATHS) },
);
const text = fc.oneof(
  fc.constantFrom(
    '',
    'one\n',
    'one\ntwo\n',
    'one two one\n',
    'password=hunter2hunter2\n',
    '\ud800',
    '\0',
    'é\u202e',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constant('long line '.repeat(3000)),
);
const earlier = fc.oneof(
  { weight: 6, arbitrary: fc.nat(10_000).map((n) => ({ earlier: n })) },
  { weight: 1, arbitrary: fc.constantFrom('', 'nosuchid00', '__proto__', "' OR 1=1 --", '\0') },
);
const common = { dry_run: fc.boolean(), reason: fc.constantFrom('why not', '', '\ud800', '\u001b[2J') };

const COMMANDS = [
  'true',
  'false',
  'echo hi',
  'pwd',
  'exit 3',
  "printf 'x' > a.txt",
  "printf 'y' >> b.txt; false",
  'echo z > made-$$; exit 7',
  'mkdir -p d/f && touch d/f/$$ && false',
  'mkdir -p d/f && touch d/f/h',
  'rm -f a.txt',
  'rm -rf d',
  'touch new-$$',
  'sleep 0.01 &',
  'sleep 30 & true',
  '(setsid sleep 30 &) ; true',
  'ln -sf ../canary out2',
  'chmod 600 b.txt',
  'mv a.txt c',
  'kill -9 $$',
  'echo $((1/0))',
  'printf \'%s\' "$HOMEOSTAT_ACTION_ID"',
  'echo "unfinished',
  'echo a\0b',
  'echo \ud800',
  `echo ${'é'.repeat(90_000)}`,
  ': '.repeat(300),
];

const VALID: Record<string, fc.Arbitrary<object>> = {
  run_command: fc.record(
    {
      command: fc.constantFrom(...COMMANDS),
      cwd: fc.constantFrom('.', 'd', 'nowhere', 'out', 'a.txt'),
      timeout_seconds: fc.constantFrom(0.05, 1, 1e9),
      env: fc.constantFrom(
        {},
        { A: 'b' },
        { HOMEOSTAT_ACTION_ID: 'mine' },
        { A: 'x\0y' },
        { BIG: 'z'.repeat(200_000) },
      ),
      ...common,
    },
    { requiredKeys: ['command'] },
  ),
  write_file: fc.record({ path, content: text, ...common }, { requiredKeys: ['path', 'content'] }),
  edit_file: fc.record(
    {
      path,
      edits: fc.array(
        fc.record(
          {
            old_text: fc.constantFrom('one', 'two', 'x', '\n', '$&'),
            new_text: text,
            replace_all: fc.boolean(),
          },
          { requiredKeys: ['old_text', 'new_text'] },
        ),
        { minLength: 1, maxLength: 3 },
      ),
      ...common,
    },
    { requiredKeys: ['path', 'edits'] },
  ),
  delete_file: fc.record({ path, ...common }, { requiredKeys: ['path'] }),
  read_file: fc.record(
    { path, from_line: fc.constantFrom(1, 2, 2 ** 53 - 1), max_lines: fc.constantFrom(1, 2 ** 53 - 1) },
    { requiredKeys: ['path'] },
  ),
  list_files: fc.record(
    { path, depth: fc.integer({ min: 1, max: 10 }), max: fc.integer({ min: 1, max: 2000 }) },
    { requiredKeys: [] },
  ),
  assess_action: fc.record({
    tool: fc.constantFrom('run_command', 'write_file', 'rollback', 'read_file', '__proto__', ''),
    input: fc.oneof(
      fc.record({ command: fc.constantFrom(...COMMANDS, 'rm -rf /', 'sudo sh') }),
      fc.record({ path, content: text }),
      fc.record({ id: earlier }),
      fc.constant({}),
    ),
  }),
  list_snapshots: fc.record({ limit: fc.integer({ min: 1, max: 200 }) }, { requiredKeys: [] }),
  diff_snapshot: fc.record({ id: earlier }),
  rollback: fc.record({ id: earlier, ...common }, { requiredKeys: ['id'] }),
  query_audit: fc.record(
    {
      agent: fc.constantFrom('one/tester', "' OR 1=1 --", '\ud800', '\0'),
      action: fc.constantFrom('write_file', '%', ''),
      action_id: earlier,
      risk: fc.constantFrom('LOW', 'HIGH'),
      result: fc.constantFrom('held', 'succeeded'),
      since: fc.constantFrom('2020-01-01T00:00:00Z', '2999-12-31T23:59:59.999Z'),
      text: fc.constantFrom('%', '_!%', '\0', '\ud800', 'x'.repeat(200)),
      limit: fc.integer({ min: 1, max: 20 }),
      before: fc.constantFrom(1, 50, 2 ** 53 - 1),
    },
    { requiredKeys: [] },
  ),
  list_approvals: fc.record(
    { status: fc.constantFrom('pending', 'consumed'), limit: fc.integer({ min: 1, max: 20 }) },
    { requiredKeys: [] },
  ),
  wait_for_approval: fc.record({ action_id: earlier, wait_seconds: fc.constantFrom(0, 5e-324, 0.001) }),
  start_process: fc.record({ command: fc.constantFrom('sleep 0.2', 'echo said; false', 'seq 100000') }),
  stop_process: fc.record({ id: earlier }),
  process_output: fc.record(
    {
      id: earlier,
      stream: fc.constantFrom('stdout', 'stderr'),
      since: fc.constantFrom(0, 7, 2 ** 53 - 1),
      tail_lines: fc.constantFrom(1, 10_000),
    },
    { requiredKeys: [] },
  ),
  get_status: fc.constant({}),
  emergency_stop: fc.record({ dry_run: fc.constant(true) }),
};

/** Spoils one field, leaves one out or adds one. */
const spoilt = (valid: fc.Arbitrary<object>): fc.Arbitrary<unknown> =>
  fc
    .tuple(valid, hostile, fc.nat(), fc.constantFrom('set', 'drop', 'add', 'proto'))
    .map(([input, value, n, how]) => {
      const names = Object.keys(input);
      const name = names[n % Math.max(1, names.length)] ?? 'path';
      if (how === 'set') return { ...input, [name]: value };
      if (how === 'drop') return Object.fromEntries(Object.entries(input).filter(([key]) => key !== name));
      // A computed key makes a property of its own; a literal one would set the prototype instead.
      return { ...input, [how === 'add' ? 'unknown_field' : '__proto__']: value };
    });

function inputOf(tool: string): fc.Arbitrary<unknown> {
  const valid = VALID[tool] ?? fc.constant({});
  return fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 2, arbitrary: spoilt(valid) },
    { weight: 1, arbitrary: hostile },
  );
}

const WEIGHTS: Record<string, number> = {
  write_file: 8,
  edit_file: 6,
  delete_file: 4,
  rollback: 5,
  start_process: 1,
  stop_process: 1,
};

/** Of those that need no engine. */
const toolCalls = TOOLS.filter(({ toolset }) => !toolset.startsWith('docker')).map(({ name }) => ({
  weight: WEIGHTS[name] ?? 3,
  // A spoilt input must not pull the stop by leaving out `dry_run`: nothing after it would be tried.
  arbitrary: (name === 'emergency_stop' ? fc.constant({ dry_run: true }) : inputOf(name)).map((input) => ({
    tool: name,
    input,
  })),
}));

export const arbitraryCall: fc.Arbitrary<Call> = fc
  .tuple(
    fc.oneof(...toolCalls, {
      weight: 1,
      arbitrary: fc.record({
        tool: fc.constantFrom('no_such_tool', '', '__proto__', 'constructor'),
        input: hostile,
      }),
    }),
    fc.constantFrom('one' as const, 'one' as const, 'two' as const),
  )
  .map(([call, client]) => ({ ...call, client }));
