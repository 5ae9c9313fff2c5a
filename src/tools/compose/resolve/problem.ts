import type { Operation } from '../operations/schema.ts';
import { type Place, type Value, textOf } from '../document/value.ts';

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

/** What takes one of a service's list out: all of the field, where it is the only one. */
export function withoutItem(
  service: string,
  name: string,
  items: readonly Value[],
  item: Value,
): Operation[] {
  const rest = items.filter((one) => one !== item).map(textOf);
  if (rest.length === 0) return [{ op: 'remove_field', service, name }];
  const texts = rest.filter((text) => text !== undefined);
  return texts.length === rest.length ? [{ op: 'set_field', service, name, value: texts }] : [];
}
