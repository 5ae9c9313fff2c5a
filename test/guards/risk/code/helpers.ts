import { openScanner } from '../../../../src/guards/risk/code/scan.ts';
import type { CodeScan, Language } from '../../../../src/guards/risk/code/finding.ts';
import { readCalls } from '../../../../src/registry/calls.ts';
import { callsOf } from '../../../../src/registry/catalogue.ts';

export const calls = callsOf(readCalls('registry'));
export const { scanCode } = openScanner(calls);

/** `kind text text` for each finding, and `hidden` where something is. */
export function told(language: Language, code: string, args: readonly (string | null)[] = []): string[] {
  const scan: CodeScan = scanCode(language, code, args);
  const found = scan.findings.map(({ kind, texts }) => [kind, ...texts.map((text) => text ?? '?')].join(' '));
  return scan.hidden === null ? found : [...found, 'hidden'];
}
