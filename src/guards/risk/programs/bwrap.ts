import type { Handler } from './engine.ts';

const TWO = /^--((ro-|dev-)?bind(-try|-fd|-data)?|ro-bind-data|symlink|setenv|file|overlay|chmod)$/;
const NONE =
  /^--(unshare-\S+|share-net|die-with-parent|new-session|clearenv|as-pid-1|disable-userns|assert-userns-disabled|level-prefix)$/;

/** bwrap: its options take no value, one, or two; the command follows. */
export const handle: Handler = ({ args }, engine) => {
  let at = 0;
  for (let text = args[at]?.text; text?.startsWith('--') === true; text = args[at]?.text) {
    if (text === '--help' || text === '--version') return undefined;
    if (text === '--') return engine.command(args.slice(at + 1));
    at += TWO.test(text) ? 3 : NONE.test(text) ? 1 : 2;
  }
  return at < args.length ? engine.command(args.slice(at)) : undefined;
};
