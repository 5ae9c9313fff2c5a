import type { RUNS } from '../../../registry/commands.ts';
import { scanSed } from '../code/sed.ts';
import type { Engine, Stream } from '../programs/engine.ts';
import { levelOfUnknown, runValue } from './run-value.ts';
import { LANGUAGES, type Language } from '../code/finding.ts';
import { engineOf } from './engine-of.ts';
import { reportFinding } from './foreign.ts';
import { FROM, HOLE, type Value, isKnown, known, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** Runs code in a language, as far as a text can be run by looking at it; returns what it prints. */
export function runCode(language: (typeof RUNS)[number], text: Value, frame: Frame, walk: Walk, source: string): Stream {
  if (language === 'shell') {
    const state = frame.state.child();
    state.positional = frame.state.positional;
    state.elsewhere = frame.state.elsewhere;
    return runValue(text, { ...frame, state }, walk, source);
  }
  if (text.text.trim() === HOLE) {
    walk.report.effect('exec', 'code that cannot be known', source);
    walk.report.factor('evaluates-text', levelOfUnknown(text), 'It runs code that cannot be known before.', source);
    return unknown(text.from | FROM.input);
  }
  if ((text.from & FROM.network) !== 0)
    walk.report.factor('runs-download', 'CRITICAL', 'It runs what another machine sent.', source);
  judge(language, text.text, frame, walk, source);
  return unknown(text.from | FROM.input);
}

function judge(language: (typeof RUNS)[number], code: string, frame: Frame, walk: Walk, source: string): void {
  const engine = engineOf(frame, walk, source, null);
  if (language === 'sed') return judgeSed(code, engine);
  if (isLanguage(language)) {
    const args = (frame.state.positional ?? []).map((arg) => (isKnown(arg) ? arg.text : null));
    const { findings, hidden } = walk.ctx.catalogue.scanner.scanCode(language, code, args);
    for (const finding of findings) reportFinding(finding, language, engine, null);
    if (hidden !== null) walk.report.factor('hidden-code', 'HIGH', `What its code does cannot be told: ${hidden}.`, source);
  }
}

/** A sed script beside the text that it edits: what it runs, writes and reads. */
function judgeSed(script: string, engine: Engine): void {
  const { runs, writes, reads, understood } = scanSed(script);
  for (const line of runs) engine.code('shell', line === null ? unknown(FROM.input) : known(line), { stdin: null });
  for (const path of writes) engine.found({ kind: 'overwrite', path: known(path), level: 'MEDIUM', reason: 'Its script writes files.' });
  for (const path of reads) engine.found({ kind: 'read', path: known(path) });
  if (!understood) engine.remark('not-understood', 'MEDIUM', 'Its script cannot be understood.', 'irreversible');
}

const isLanguage = (language: string): language is Language => (LANGUAGES as readonly string[]).includes(language);
