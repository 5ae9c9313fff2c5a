import type { Operation } from '../operations/schema.ts';
import type { Place } from '../document/value.ts';

export type Severity = 'error' | 'warning' | 'note';

/** Something that is wrong or risky, where it stands, why it matters, and what would mend it. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly place: Place;
  readonly message: string;
  readonly operations: readonly Operation[];
}

export const finding = (
  code: string,
  severity: Severity,
  place: Place,
  message: string,
  operations: readonly Operation[] = [],
): Finding => ({ code, severity, place, message, operations });
