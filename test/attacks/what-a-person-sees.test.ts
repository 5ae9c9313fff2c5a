// What an agent writes to deceive the eye of who decides, wherever its words can stand.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectOnRecord, sharedApp } from '../helpers/attack.ts';
import { cli } from '../helpers/cli-in-process.ts';

const t = sharedApp('limits: { held_actions: 1000, actions_per_minute: 100000 }\n');

const DISGUISES: readonly [what: string, text: string][] = [
  ['a line wiped by the terminal', 'a\u001b[2K\rb'],
  ['letters in the colour of the ground', '\u001b[8mrm -rf src\u001b[0m'],
  ['a cursor sent up', '\u001b[9Arisk       SAFE'],
  ['a link that says another address', '\u001b]8;;http://evil.example\u0007ok\u001b]8;;\u0007'],
  ['a clipboard written to', '\u001b]52;c;cm0gLXJmIC8=\u0007'],
  ['a title of the window', '\u001b]0;safe\u0007'],
  ['a control of eight bits', '\u009b2K'],
  ['letters typed over', 'rm src\b\b\bls '],
  ['a line of ours', 'x\nrisk       SAFE (score 0), reversible'],
  ['a line of another kind', 'x\u2028risk       SAFE'],
  ['a next line of EBCDIC', 'x\u0085risk       SAFE'],
  ['text that runs the other way', 'src \u202ecod.exe'],
  ['an isolate', 'a\u2066b\u2069'],
  ['nothing that is a space', 'rm\u200b-rf'],
  ['a joiner of graphemes', 'r\u034fm'],
  ['a filler of Hangul', '\u3164\uffa0'],
  ['letters of the tags', 'ls\u{e0072}\u{e006d}'],
  ['a selector of variants', 'a\ufe0f\u{e0100}'],
  ['a soft hyphen', 'cur\u00adl'],
  ['a blank that is no space', 'rm old\u00a0backup'],
  ['a wide blank', 'rm old\u3000backup\u2003x'],
  ['a cell of Braille without dots', 'a\u2800b'],
  ['marks piled up', `a${'\u0335'.repeat(40)}`],
  ['a Cyrillic letter', 'сurl'],
  ['a Greek letter', 'rm οld'],
  ['full width', 'ｒｍ'],
  ['mathematical letters', '𝐫𝐦 -rf'],
  ['a slash that is none', 'src∕..∕x'],
  ['a hyphen that is none', 'rm ‐rf'],
  ['a colon that is none', 'http꞉//x'],
];

/** Nothing that a terminal obeys or an eye mistakes: what there is besides ASCII is no sign of the disguise. */
function expectPlain(shown: string, disguise: string): void {
  const signs = Array.from(disguise).filter((sign) => !/[ -~\n]/.test(sign));
  // Marks on one letter are writing; a pile of them is none.
  for (const sign of signs) expect(shown).not.toContain(sign === '\u0335' ? sign.repeat(4) : sign);
  expect(shown).toContain(
    disguise.includes('\n') ? '\\u{a}' : `\\u{${signs.at(-1)?.codePointAt(0)?.toString(16) ?? ''}}`,
  );
  expect(shown.split('\n').filter((line) => line.startsWith('risk '))).toHaveLength(1);
}

let agents = 0;
test.each(DISGUISES)('%s is seen for what it is, in a command, a reason and a name', async (_, text) => {
  const who = { client: `agent-${++agents}` };
  const held = await t.act('run_command', { command: `touch .mcp.json; echo '${text}'`, reason: text }, who);
  expect(held).toMatchObject({ outcome: 'held', error: { code: 'approval_required' } });
  const name = text.replaceAll('/', '-');
  mkdirSync(join(t.root, '.cursor'), { recursive: true });
  writeFileSync(join(t.root, '.cursor', name), '');
  const deleted = await t.act('delete_file', { path: join('.cursor', name) }, who);
  expect(deleted.outcome).toBe('held');
  const written = await t.act('write_file', { path: '.mcp.json', content: `{"a": "${text}"}\n` }, who);
  const person = await t.app.operator();
  for (const { action_id: id, outcome, error } of [held, deleted]) {
    expectPlain(person.show(id ?? '').text, text);
    expectOnRecord(t, { action_id: id, outcome, error }, 'action.held');
    person.deny(id ?? '', 'no');
  }
  const { text: diff } = person.show(written.action_id ?? '');
  expect(diff).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  person.deny(written.action_id ?? '', `no ${text}`);
});

test.each([
  ['approvals'],
  ['approvals', '--all'],
  ['audit', '--limit', '200'],
  ['audit', 'tail', '--limit', '200'],
  ['audit', 'report', '--day'],
  ['snapshots'],
  ['status'],
])('what the command line prints of all that steers no terminal: %s %s', async (...args) => {
  const waits = await t.act(
    'run_command',
    { command: "touch .mcp.json; echo '\u001b[2K\u202e'" },
    { client: `c-${++agents}` },
  );
  const said = await cli(t, args);
  expect(said.code).toBe(0);
  const text = (said.out + said.err).replaceAll(/\u001b\[\d{1,3}(?:;\d{1,3})*m/g, '');
  expect(text).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  (await t.app.operator()).deny(waits.action_id ?? '', 'no');
});

test('JSON for programs moves nothing on the terminal that it is shown on, and says the same', async () => {
  const name = DISGUISES.map(([, text]) => text.replaceAll(/[/\n]/g, '-'))
    .join('')
    .slice(0, 60);
  writeFileSync(join(t.root, name), '');
  const missing = JSON.stringify({ path: `${name}?` });
  for (const input of [['list_files'], ['read_file', missing]]) {
    const { out } = await cli(t, ['call', ...input, '--json']);
    expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.stringify(JSON.parse(out))).toContain(JSON.stringify(name).slice(1, -1));
  }
});
