import { MASK, type SecretsView } from '../../../core/secrets.ts';
import { type Path, type Place, type Value, shownAs } from '../document/value.ts';
import { asMapping } from './short-forms.ts';

/** One value of the resolved view with where it was written. */
export interface Row {
  readonly key: string;
  readonly value: string | null;
  readonly place: Place;
  /** The anchor that it came from by a merge key. */
  readonly merged: string | null;
}

/** Every scalar below a value, and every empty collection; what looks like a secret is masked. */
export function rowsOf(value: Value, path: Path, secrets: SecretsView, merged: string | null = null): Row[] {
  const whole = asMapping(value, path);
  if (whole.kind === 'map' && whole.entries.size > 0)
    return [...whole.entries].flatMap(([key, entry]) =>
      rowsOf(entry.value, [...path, key], secrets, entry.merged ?? merged),
    );
  if (whole.kind === 'list' && whole.items.length > 0)
    return whole.items.flatMap((item, index) => rowsOf(item, [...path, index], secrets, merged));
  const text = whole.kind === 'scalar' ? whole.value : whole.kind === 'map' ? '{}' : '[]';
  const row = { key: shownAs(path), place: whole.place, merged };
  return [{ ...row, value: text === null ? null : masked(String(path.at(-1) ?? ''), String(text), secrets) }];
}

/** A value beside its name is told for a secret more surely than by itself. */
export function masked(name: string, value: string, secrets: SecretsView): string {
  const isSecret = [`${name}=${value}`, `${name}: ${value}`].some((text) =>
    secrets.spans(text).some(({ end }) => end > text.length - value.length),
  );
  return isSecret && value !== '' ? MASK : value;
}
