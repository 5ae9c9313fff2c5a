import { describe, expect, it } from 'vitest';
import { checkCalls } from '../../../../src/guards/risk/code/check.ts';
import type { Calls } from '../../../../src/registry/call-entry.ts';
import { parseCalls } from '../../../../src/registry/calls.ts';
import { callsOf } from '../../../../src/registry/catalogue.ts';
import { calls } from './helpers.ts';

const entry = (match: string, notMatch: string): string =>
  `calls: [{ id: a, kind: delete, names: [os.remove], match: ["${match}"], not_match: ["${notMatch}"] }]`;
const table = (language: string, source: string): Calls =>
  callsOf({ [language]: parseCalls(source, `${language}.yaml`) });

describe('the tables of calls', () => {
  it('hold to their own examples', () => {
    expect(() => checkCalls(calls)).not.toThrow();
  });

  it('are refused where an example does not match', () => {
    const broken = table('python', entry("print('a')", 'print(1)'));
    expect(() => checkCalls(broken)).toThrow('call a does not match');
  });

  it('are refused where a counter-example matches', () => {
    const broken = table('python', entry("os.remove('a')", "os.remove('b')"));
    expect(() => checkCalls(broken)).toThrow('call a must not match');
  });

  it('are refused for a language that nobody scans', () => {
    expect(() => checkCalls(table('cobol', entry("os.remove('a')", 'print(1)')))).toThrow('cobol');
  });

  it('are refused where a key is unknown', () => {
    expect(() =>
      table('python', 'calls: [{ id: a, kind: eat, names: [x], match: [a], not_match: [b] }]'),
    ).toThrow('kind');
  });
});
