import { isKnown, known } from '../shell/value.ts';
import type { Handler } from './engine.ts';

/** What follows `!` in a line of a script: `!rm x`, `r !rm x`, `g/re/!rm x`. */
const ESCAPE = /^[^!]*!(.*)$/;

/** ed and dc: a line of their scripts may hand its rest to a shell. */
export const bang: Handler = ({ args, stdin }, engine) => {
  for (const script of [...args, ...(stdin === null ? [] : [stdin])]) {
    if (!isKnown(script)) continue;
    for (const line of script.text.split('\n')) {
      const command = ESCAPE.exec(line)?.[1];
      if (command !== undefined && !/^\s*[<>=]/.test(command))
        engine.code('shell', known(command, script.from), { stdin: null });
    }
  }
  return undefined;
};
