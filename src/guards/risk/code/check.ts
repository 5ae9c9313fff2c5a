import { HomeostatError } from '../../../core/errors.ts';
import type { CallEntry, Calls } from '../../../registry/call-entry.ts';
import { LANGUAGES, type Language } from './finding.ts';
import { openScanner } from './scan.ts';

/** Holds every entry to its own examples; one that breaks them makes the whole registry unusable. */
export function checkCalls(calls: Calls): void {
  const { scanCode } = openScanner(calls);
  for (const [name, entries] of calls) {
    const language = LANGUAGES.find((one) => one === name);
    if (language === undefined) throw new HomeostatError('registry_invalid', `no language is called ${name}`);
    for (const entry of entries) checkEntry(entry, (code) => finds(entry, language, code));
  }

  function finds(entry: CallEntry, language: Language, code: string): boolean {
    const { findings, hidden } = scanCode(language, code);
    if (entry.kind === 'hidden') return hidden !== null;
    return findings.some(
      ({ kind }) => kind === entry.kind || (entry.kind === 'run' && (kind === 'shell' || kind === 'command')),
    );
  }
}

function checkEntry(entry: CallEntry, finds: (code: string) => boolean): void {
  const missed = entry.match.find((code) => !finds(code));
  if (missed !== undefined)
    throw new HomeostatError('registry_invalid', `call ${entry.id} does not match: ${missed}`);
  const wrong = entry.not_match.find(finds);
  if (wrong !== undefined)
    throw new HomeostatError('registry_invalid', `call ${entry.id} must not match: ${wrong}`);
}
