import type { Verbs } from '../../../registry/catalogue.ts';
import type { Engine, Invocation } from './engine.ts';
import { isHarmless, namesSub } from './rules.ts';

/** So many words of a command may hold its verb. */
const WORDS = 5;

/** Verbs that only ask, and are never nouns: what comes after them is a name. */
const ASKS = /^(get|show|describe|inspect)$/;

/** What a command's own words say that it does, where no rule names its subcommand. */
export function applyVerbs(call: Invocation, verbs: Verbs, engine: Engine): void {
  const { program, parsed } = call;
  if (program.verbs === undefined || isHarmless(call) || namesSub(call)) return;
  const words = parsed.operands.slice(0, WORDS).map((operand) => operand.text);
  const told = words.map((word) => verbOf(word, verbs));
  // What comes after a verb that makes something is the name of what is made.
  const made = told.findIndex((verb, at) => verb === 'change' || ASKS.test(words[at] ?? ''));
  const verb = (made < 0 ? told : told.slice(0, made)).includes('lose')
    ? 'lose'
    : told.includes('change')
      ? 'change'
      : told.includes('read')
        ? 'read'
        : null;
  if (verb === 'read') return;
  const reason = verb === 'lose' ? 'It takes away what others may depend on.' : program.reason;
  if (verb === 'lose') {
    const resource = words.join(' ');
    engine.found({
      kind: program.verbs,
      resource,
      level: 'HIGH',
      reason,
      reversibility: 'irreversible',
      rule: `${program.id}-verb`,
    });
  } else engine.remark(`${program.id}-other`, program.otherwise, reason, 'irreversible');
}

/** Whether a word, or the first telling part of one, is a verb that takes away or that only reads. */
export function verbOf(word: string, { lose, change, read }: Verbs): 'lose' | 'change' | 'read' | null {
  if (/[\s/]/.test(word)) return null;
  const lower = word.toLowerCase();
  if (lose.has(lower)) return 'lose';
  if (change.has(lower)) return 'change';
  const part = lower.split(/[-:_.]/).find((some) => lose.has(some) || change.has(some) || read.has(some));
  if (part === undefined) return null;
  if (lose.has(part)) return 'lose';
  return change.has(part) ? 'change' : 'read';
}
