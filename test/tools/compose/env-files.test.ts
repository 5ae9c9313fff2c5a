import { expect, test } from 'vitest';
import { composeApp, type Found, findings, rows } from './files.ts';

const t = await composeApp();

const COMPOSE = 'services: {web: {image: i, env_file: vars.txt, environment: {OWN: own, BOTH: mine}}}\n';

async function variables(text: string, more: Record<string, string> = {}): Promise<Record<string, string>> {
  const seen = await rows(t, { 'compose.yml': COMPOSE, ...more, 'vars.txt': text }, {}, ['compose.yml']);
  const found = seen.flatMap((row) => /^services\.web\.environment\.([^=]+)=(.*)$/s.exec(row) ?? []);
  const all = found.flatMap((_, at) => (at % 3 === 0 ? [[found[at + 1], found[at + 2]]] : []));
  const { OWN, BOTH, ...rest } = Object.fromEntries(all) as Record<string, string>;
  expect([OWN, BOTH]).toEqual(['own', 'mine']);
  return rest;
}

/** As compose-go's `dotenv` reads them. */
test.each<[text: string, set: Record<string, string>]>([
  ['A=1\nB=2', { A: '1', B: '2' }],
  ['  export A = 1   # why\r\nB: two\r\n', { A: '1', B: 'two' }],
  ['A=x#y\nB=# all of it\nC=x\t# too', { A: 'x#y', B: '# all of it', C: 'x\t# too' }],
  ['# A=1\n\n  # B=2\nC=', { C: '' }],
  ['A="x # y" # z\nB=\'x\' B2=3', { A: 'x # y', B: 'x', B2: '3' }],
  ['A="l1\nl2"\nB=\'l1\nl2\'', { A: 'l1\nl2', B: 'l1\nl2' }],
  [String.raw`A="\n\t\"\\ \$x \q \0101"`, { A: '\n\t"\\ $x \\q A' }],
  [String.raw`A='it\'s \n $x'`, { A: "it's \\n $x" }],
  [String.raw`A=\n\t`, { A: '\\n\\t' }],
  ['A=1\nB=$A\nC=${A}-${N:-d}\nD="$A"\nE=\'$A\'\nF=$$A', { A: '1', B: '1', C: '1-d', D: '1', E: '$A', F: '$A' }],
  ['A=1\nB=$A\nA=2', { A: '2', B: '1' }],
  ['A=$OWN\nBOTH=theirs\nB=$BOTH', { A: 'own', B: 'mine' }],
  ['OWN\nNOBODY\nA=1', { A: '1' }],
])('%j', async (text, set) => {
  expect(await variables(text)).toEqual(set);
}); // prettier-ignore

test('what .env sets is filled in, before what the service or the file sets, and stays hidden', async () => {
  const env = { '.env': 'TOKEN=hunter2hunter2\nOWN=of-the-project\n' };
  expect(await variables('A=x-$TOKEN\nB=$OWN\nTOKEN\nC=1', env)).toEqual({
    A: 'x-[redacted]',
    B: '[redacted]',
    TOKEN: '[redacted]',
    C: '1',
  });
});

test('the format raw knows no quotes, comments or variables', async () => {
  const compose = 'services: {web: {image: i, env_file: [{path: vars.txt, format: raw}]}}\n';
  const text = 'A="x" # y\n# no\n  B=$A\nC= d \nNOBODY\n';
  const seen = await rows(t, { 'compose.yml': compose, 'vars.txt': text }, {}, ['compose.yml']);
  expect(seen.slice(3)).toEqual([
    'services.web.environment.A="x" # y',
    'services.web.environment.B=$A',
    'services.web.environment.C= d ',
  ]);
});

const first = async (files: Record<string, string>): Promise<Found | undefined> =>
  (await findings(t, files, {}, ['compose.yml'])).find(({ severity }) => severity !== 'note');

test.each([
  ['A=1\nA B=2\n', 'bad_env_file', 2],
  ['A="1\n', 'bad_env_file', 1],
  ['A=1\n"B"=2\n', 'bad_env_file', 2],
  ['A=pa$$word\nB=pa$\n', 'bad_variable', 2],
  ['A=pa$word\n', 'unset_variable', 1],
  ['A=${X:?no}\n', 'unset_variable', 1],
])('%j is told as %s', async (text, code, line) => {
  const found = await first({ 'compose.yml': COMPOSE, 'vars.txt': text });
  expect(found).toMatchObject({ code, line, file: expect.stringMatching(/vars\.txt$/) as string });
  // What stands behind the dollar may be half of a password.
  expect(found?.message).not.toContain('word');
});

test('a file that is not there is an error unless it need not be, and another format is one', async () => {
  const of = (file: string): Record<string, string> => ({
    'compose.yml': `services: {web: {image: i, env_file: ${file}}}\n`,
    'vars.txt': '',
  });
  const code = async (file: string): Promise<string | undefined> => (await first(of(file)))?.code;
  expect(await code('gone.txt')).toBe('env_file_missing');
  expect(await code('[{path: gone.txt, required: true}]')).toBe('env_file_missing');
  expect(await code('[{path: gone.txt, required: false}]')).not.toBe('env_file_missing');
  expect(await code('[{path: vars.txt, format: toml}]')).toBe('wrong_value');
  expect(await code('/etc/hostname')).toBe('unreadable_file');
});

test('services of an included file see the variables of the include, in values and in env files', async () => {
  const seen = await rows(
    t,
    {
      'main.yml':
        'include: [{path: inc/inc.yml, env_file: more.txt}]\nservices: {web: {image: i, environment: [MORE]}}\n',
      'more.txt': 'MORE=1\nLATER=$MORE$MORE\n',
      'inc/inc.yml':
        'services: {db: {image: "i:${LATER}", env_file: db.txt, environment: [MORE], build: {args: [MORE]}}}\n',
      'inc/db.txt': 'A=$LATER\n',
    },
    {},
    ['main.yml'],
  );
  expect(seen).toContain('services.db.image=i:11');
  expect(seen).toContain('services.db.environment.A=11');
});

test('what a broken .env or one out of reach sets, nobody claims to know', async () => {
  const found = await findings(
    t,
    { 'main.yml': 'include: [{path: inc.yml, env_file: [gone.txt, bad.txt]}]\n', 'inc.yml': 'services: {}\n', 'bad.txt': 'A B\n' },
    {},
    ['main.yml'],
  ); // prettier-ignore
  expect(found.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['env_file_missing', 'bad_env_file']) as string[],
  );
});
