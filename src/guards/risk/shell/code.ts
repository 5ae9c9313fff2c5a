import type { RUNS } from '../../../registry/commands.ts';
import type { Stream } from '../programs/engine.ts';
import { levelOfUnknown, runValue } from './run-value.ts';
import { combined } from '../code/combined.ts';
import { LANGUAGES, type Language } from '../code/finding.ts';
import { engineOf } from './engine-of.ts';
import { reportFinding } from './foreign.ts';
import { STATEMENTS } from './statements.ts';
import { FROM, HOLE, type Value, isKnown, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** Runs code in a language, as far as a text can be run by looking at it; returns what it prints. */
export function runCode(
  language: (typeof RUNS)[number],
  text: Value,
  frame: Frame,
  walk: Walk,
  source: string,
): Stream {
  if (language === 'shell') {
    const state = frame.state.child();
    state.positional = frame.state.positional;
    state.zero = frame.state.zero;
    state.elsewhere = frame.state.elsewhere;
    return runValue(text, { ...frame, state }, walk, source);
  }
  if (text.text.trim() === HOLE) {
    walk.report.effect('exec', 'code that cannot be known', source);
    walk.report.factor(
      'evaluates-text',
      levelOfUnknown(text),
      'It runs code that cannot be known before.',
      source,
    );
    return unknown(text.from | FROM.input);
  }
  if ((text.from & FROM.network) !== 0)
    walk.report.factor('runs-download', 'CRITICAL', 'It runs what another machine sent.', source);
  judge(language, text.text, frame, walk, source);
  return unknown(text.from | FROM.input);
}

function judge(
  language: (typeof RUNS)[number],
  code: string,
  frame: Frame,
  walk: Walk,
  source: string,
): void {
  walk.effort.spend(code.length / 2);
  const engine = engineOf(frame, walk, source, null);
  const statements = STATEMENTS[language];
  if (statements !== undefined) return statements(code, engine);
  if (isLanguage(language)) {
    const args = (frame.state.positional ?? []).map((arg) => (isKnown(arg) ? arg.text : null));
    const { findings, hidden } = walk.ctx.catalogue.scanner.scanCode(language, code, args);
    for (const finding of findings)
      reportFinding(finding, language, frame.state.elsewhere ? '~' : walk.ctx.home, engine);
    engine.end(true);
    const together = combined(findings, code);
    if (together !== null) walk.report.factor(together.rule, 'CRITICAL', together.reason, source);
    // A general language can do what no list of calls foresees.
    if (language !== 'awk')
      walk.report.factor(
        'runs-code',
        'MEDIUM',
        `It runs ${language}, of which only known calls are seen.`,
        source,
      );
    if (hidden !== null)
      walk.report.factor('hidden-code', 'HIGH', `What its code does cannot be told: ${hidden}.`, source);
  }
}

const isLanguage = (language: string): language is Language =>
  (LANGUAGES as readonly string[]).includes(language);
