import { type Value, joined } from '../shell/value.ts';
import { parseArguments } from './arguments.ts';
import type { Engine, Handler } from './engine.ts';

const STARTS =
  /^(new(-session|-window|w)?|neww|split-?w(indow)?|respawn-?(pane|window|p|w)|(display-)?popup|run(-shell)?|if(-shell)?|pipe-?p(ane)?)$/;
const TYPES = /^send(-keys)?$/;
const KEYS = /^(Enter|KPEnter|Escape|Tab|BTab|BSpace|Up|Down|Left|Right|Home|End|[CMS]-.+|\^.)$/;

const spec = {
  style: 'gnu' as const,
  valued: [
    '-b',
    '-c',
    '-d',
    '-e',
    '-f',
    '-F',
    '-h',
    '-l',
    '-n',
    '-N',
    '-p',
    '-s',
    '-t',
    '-T',
    '-w',
    '-x',
    '-y',
  ],
  long: [],
  stop: true,
};

/** tmux: lines that it is told to run, or to type into a shell that already runs. */
export const handle: Handler = ({ parsed }, engine) => {
  let rest = parsed.operands;
  while (rest.length > 0) {
    const end = rest.findIndex(({ text }) => text === ';');
    const [sub, ...args] = end < 0 ? rest : rest.slice(0, end);
    rest = end < 0 ? [] : rest.slice(end + 1);
    if (sub !== undefined) command(sub.text, args, engine);
  }
};

function command(sub: string, args: readonly Value[], engine: Engine): void {
  const flags = /^(new(-session|-window|w)?|neww|split)/.test(sub) ? ['-d', '-b', '-h'] : ['-b', '-d'];
  const { operands } = parseArguments(args, {
    ...spec,
    valued: spec.valued.filter((name) => !flags.includes(name)),
  });
  if (TYPES.test(sub)) {
    const typed = operands
      .filter(({ text }) => !KEYS.test(text))
      .map((word) => (word.text === 'Space' ? { ...word, text: ' ' } : word));
    if (typed.length > 0) engine.code('shell', joined(typed), { stdin: null });
  } else if (STARTS.test(sub)) {
    if (operands.length > 1 && !sub.startsWith('if')) engine.command(operands, { stdin: null });
    else for (const line of operands) engine.code('shell', line, { stdin: null });
  }
}
