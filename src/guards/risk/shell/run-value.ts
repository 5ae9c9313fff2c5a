import type { Stream } from '../programs/engine.ts';
import { FROM, HOLE, type Value, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** Runs a text in the shell that stands, or says why it cannot be followed. */
export function runValue(text: Value, frame: Frame, walk: Walk, source: string): Stream {
  const sent = (text.from & FROM.network) !== 0;
  const open = text.text.includes(HOLE);
  if (sent) walk.report.factor('runs-download', 'CRITICAL', 'It runs what another machine sent.', source);
  else if (open && (text.text.trim() === HOLE || (text.from & FROM.decoded) !== 0))
    walk.report.factor(
      'evaluates-text',
      levelOfUnknown(text),
      'It runs a text that cannot be known before.',
      source,
    );
  if (open) walk.report.effect('exec', 'code that cannot be known', source);
  if (text.text.trim() === HOLE) return unknown(text.from | FROM.input);
  return walk.run.text(text.text, frame.state, frame.stdin, walk);
}

/** What it means to run a text that nobody knows, by where it comes from. */
export function levelOfUnknown({ from }: Value): 'MEDIUM' | 'HIGH' | 'CRITICAL' {
  if ((from & (FROM.network | FROM.decoded)) !== 0) return 'CRITICAL';
  return (from & FROM.input) !== 0 ? 'HIGH' : 'MEDIUM';
}
