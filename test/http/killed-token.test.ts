import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { PASSPHRASE, testApp } from '../helpers/app.ts';
import { scratch } from '../helpers/scratch.ts';
import { auditOf, expectWholeChain } from '../helpers/state.ts';

const APP = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'app.js')).href;
const KILLED = join(PACKAGE_ROOT, 'test', 'fixtures', 'killed-token.mjs');

test.each([
  ['add', 'before'],
  ['add', 'after'],
  ['revoke', 'before'],
  ['revoke', 'after'],
])(
  'killed in the middle of token %s, %s its file: none opens that nobody was given, or that was taken back',
  async (verb, when) => {
    const place = scratch();
    const first = await testApp({ on: place });
    const operator = await first.app.operator();
    await operator.enrol(PASSPHRASE, null);
    const token =
      verb === 'add'
        ? null
        : await operator.addToken(
            { name: 'ci', card: null, scope: 'mcp' },
            { passphrase: PASSPHRASE, terminal: false },
          );
    await first.close();
    const { signal, stderr } = await execa(process.execPath, [KILLED, APP, verb, when, PASSPHRASE], {
      cwd: place.root,
      env: place.env,
      reject: false,
    });
    expect(signal, stderr).toBe('SIGKILL');
    const t = await testApp({ on: place });
    const tokens = await t.app.tokens();
    const isThere = (await t.app.operator()).tokens().some(({ name }) => name === 'ci');
    // Its file comes before its record: a token that is only in the file was shown to nobody, and one that is gone is gone.
    expect(isThere).toBe((verb === 'add') === (when === 'after'));
    if (token !== null) expect(tokens.bearer(token) === null).toBe(when === 'after');
    const events = auditOf(t).map(({ event }) => event);
    expect(events.filter((event) => event === 'token.added')).toHaveLength(verb === 'add' ? 0 : 1);
    expect(events).not.toContain('token.revoked');
    // A person makes good for it, with a record.
    const again = await t.app.operator();
    if (isThere) again.revokeToken('ci');
    await again.addToken(
      { name: 'ci', card: null, scope: 'mcp' },
      { passphrase: PASSPHRASE, terminal: false },
    );
    expect(readFileSync(join(place.home, 'tokens.json'), 'utf8').match(/"name":"ci"/g)).toHaveLength(1);
    expectWholeChain(t);
    await t.close();
  },
);
