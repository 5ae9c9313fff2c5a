import { describe, expect, it } from 'vitest';
import { checkCalls } from '../../../../src/guards/risk/code/check.ts';
import { parseCalls } from '../../../../src/registry/calls.ts';
import { calls } from './helpers.ts';

const entry = (match: string, notMatch: string): string =>
  `calls: [{ id: a, kind: delete, names: [os.remove], match: ["${match}"], not_match: ["${notMatch}"] }]`;
const table = (source: string): ReturnType<typeof parseCalls> => parseCalls(source, 'python.yaml');

describe('the tables of calls', () => {
  it('hold to their own examples', () => {
    expect(() => checkCalls(calls)).not.toThrow();
  });

  it('are refused where an example does not match', () => {
    const broken = new Map([['python', table(entry("print('a')", 'print(1)'))]]);
    expect(() => checkCalls(broken)).toThrow('call a does not match');
  });

  it('are refused where a counter-example matches', () => {
    const broken = new Map([['python', table(entry("os.remove('a')", "os.remove('b')"))]]);
    expect(() => checkCalls(broken)).toThrow('call a must not match');
  });

  it('are refused for a language that nobody scans', () => {
    expect(() => checkCalls(new Map([['cobol', table(entry("os.remove('a')", 'print(1)'))]]))).toThrow(
      'cobol',
    );
  });

  it('are refused where a key is unknown', () => {
    expect(() => table('calls: [{ id: a, kind: eat, names: [x], match: [a], not_match: [b] }]')).toThrow(
      'kind',
    );
  });
});
