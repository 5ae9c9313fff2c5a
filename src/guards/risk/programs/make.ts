import { HOLE, type Value, isKnown, known } from '../shell/value.ts';
import type { Engine, Handler } from './engine.ts';

/** make: the recipes of a makefile that the line itself has written or pipes in are run. */
export const handle: Handler = ({ parsed, stdin }, engine) => {
  const given = (...names: string[]): Value[] =>
    names.flatMap((name) => parsed.options.get(name) ?? []).filter((value) => value !== null);
  for (const file of given('-f', '--file', '--makefile')) {
    const content = file.text === '-' ? stdin : engine.written(file);
    if (content !== null) recipes(content, engine);
  }
  return undefined;
};

function recipes(makefile: Value, engine: Engine): void {
  if (!isKnown(makefile)) {
    engine.remark('unknown-recipes', 'HIGH', 'It runs recipes that cannot be known before.', 'irreversible');
    return;
  }
  const text = makefile.text.replaceAll('\\\n', '\\\u0000').replaceAll(/^([^\t#\n:=]+:[^=\n;]*);/gm, '$1\n\t');
  for (const [, line = ''] of text.matchAll(/^\t[-@+\s]*(.+)$/gm))
    engine.code('shell', known(expanded(line.replaceAll('\u0000', '\n')), makefile.from), { stdin: null });
}

/** `$$` is a dollar sign; what make's own variables hold is not followed. */
const expanded = (line: string): string =>
  line.replaceAll(/\$(?:\$|\([^)]*\)|\{[^}]*\}|.)/gs, (found) => (found === '$$' ? '$' : HOLE));
