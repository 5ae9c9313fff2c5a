import { HOLE, known } from '../shell/value.ts';
import type { Handler } from './engine.ts';

const KNOWN = new Set([
  '-d',
  '-q',
  '-u',
  '-p',
  '-t',
  '--directory',
  '--dry-run',
  '--quiet',
  '--tmpdir',
  '--suffix',
]);

/** mktemp: the name of something new, of which only the random part is not known, and nothing hangs on that part. */
export const mktemp: Handler = ({ parsed }, engine) => {
  const { operands, options } = parsed;
  const [template] = operands;
  const [named] = [...(options.get('-p') ?? []), ...(options.get('--tmpdir') ?? [])];
  const folder =
    named?.text ?? (template === undefined || options.has('-t') || options.has('--tmpdir') ? '/tmp' : '.');
  const name = template?.text ?? 'tmp.XXXXXXXXXX';
  // Where it may fail it prints nothing, and what is put behind its name stands alone.
  const mayFail =
    !/X{3}[^/]*$/.test(name) ||
    operands.length > 1 ||
    engine.sets('TMPDIR') ||
    [...options.keys()].some((option) => !KNOWN.has(option));
  if (mayFail || name.includes(HOLE) || folder.includes(HOLE)) return undefined;
  const path = known(name.startsWith('/') ? name : `${folder}/${name}`);
  engine.wrote(path, known(''));
  return known(`${path.text}\n`);
};
