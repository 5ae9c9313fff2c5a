import { FROM, type Value, known, unknown } from '../shell/value.ts';
import type { Handler } from './engine.ts';

/** `sed script files`: it may edit in place, write files and run commands. */
export const sed: Handler = ({ parsed, stdin }, engine) => {
  const { options, operands } = parsed;
  const given = ['-e', '--expression']
    .flatMap((name) => options.get(name) ?? [])
    .filter((value) => value !== null);
  const fromFile = options.has('-f') || options.has('--file');
  const scripts = given.length > 0 || fromFile ? given : operands.slice(0, 1);
  const files = given.length > 0 || fromFile ? operands : operands.slice(1);
  if (fromFile)
    engine.remark('runs-script', 'MEDIUM', 'It runs a script, whatever that may do.', 'irreversible');
  for (const script of scripts) engine.code('sed', script);
  const inPlace = options.has('-i') || options.has('--in-place');
  for (const path of files) engine.found({ kind: 'read', path });
  if (inPlace)
    for (const path of files)
      engine.found({
        kind: 'overwrite',
        path,
        level: 'MEDIUM',
        reason: 'It edits files in place.',
        instead: 'edit_file',
      });
  const [suffix] = [...(options.get('-i') ?? []), ...(options.get('--in-place') ?? [])];
  if (suffix?.text.includes('/') === true)
    engine.remark('writes-elsewhere', 'HIGH', 'The copy that it keeps may lie anywhere.');
  return inPlace
    ? known('')
    : unknown(FROM.input | (stdin?.from ?? 0) | scripts.reduce((sum: number, v: Value) => sum | v.from, 0));
};
