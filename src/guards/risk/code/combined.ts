import type { CodeFinding } from './finding.ts';

export interface Combined {
  readonly rule: string;
  readonly reason: string;
}

const BARE_SHELL =
  /^\s*(\/[\w./]*\/)?((ba|z|k|da|c|tc|a)?sh|cmd(\.exe)?|powershell(\.exe)?)(\s+-[il]+)*(\s*\d*[<>].*)?$/;
const FORKS_FOR_EVER =
  /\bfork(\(\))?\s+(while|until)\b|(\bwhile\b[^;\n]{0,12}\b(1|true)\b|\bloop\b|\bfor\s*\(\s*;\s*;\s*\))(?:(?!accept)[\s\S]){0,60}\bfork\b/i;

/** What several calls do together, each of which alone would be an everyday one. */
export function combined(findings: readonly CodeFinding[], code: string): Combined | null {
  const connects = findings.some(({ kind }) => kind === 'send');
  const opens = findings.some(
    ({ kind, texts }) => (kind === 'shell' || kind === 'command') && BARE_SHELL.test(texts.join(' ')),
  );
  if (connects && opens)
    return { rule: 'reverse-shell', reason: 'Its code hands a shell to another machine.' };
  if (FORKS_FOR_EVER.test(code))
    return { rule: 'fork-bomb', reason: 'Its code starts processes without end.' };
  return null;
}
