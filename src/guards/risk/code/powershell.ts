import type { CodeScan } from './finding.ts';

export function scanPowershell(_code: string): CodeScan {
  return { findings: [], hidden: 'powershell' };
}
