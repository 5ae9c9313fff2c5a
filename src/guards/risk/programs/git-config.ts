import type { Value } from '../shell/value.ts';
import type { Handler } from './engine.ts';
import { judgeSetting } from './git-settings.ts';

const READS = [
  '--get',
  '--get-all',
  '--get-regexp',
  '--get-urlmatch',
  '--get-color',
  '--get-colorbool',
  '-l',
  '--list',
];
const REMOVES = ['--unset', '--unset-all', '--remove-section', '--rename-section', '-e', '--edit'];
const VERBS = new Set(['get', 'list', 'set', 'unset', 'edit', 'rename-section', 'remove-section']);

/** `git config`: only a name with a value writes. */
export const handle: Handler = ({ parsed, program }, engine) => {
  if ([...READS, ...REMOVES].some((option) => parsed.options.has(option))) return;
  const [first, ...rest] = parsed.operands;
  const verb = first !== undefined && VERBS.has(first.text) ? first.text : null;
  const [name, value] = verb === null ? parsed.operands : rest;
  if (verb === 'get' || verb === 'list' || name === undefined) return;
  if (value === undefined && verb === null) return;
  for (const file of files(parsed.options)) engine.found({ kind: 'overwrite', path: file });
  engine.remark(program.id, 'LOW', 'It changes git’s settings.', 'compensable');
  if (value !== undefined) judgeSetting({ name: name.text, value }, engine, true);
};

function files(options: ReadonlyMap<string, readonly (Value | null)[]>): Value[] {
  return [...(options.get('-f') ?? []), ...(options.get('--file') ?? [])].filter((value) => value !== null);
}
