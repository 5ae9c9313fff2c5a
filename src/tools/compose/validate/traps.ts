import { isMisread } from '../document/misread.ts';
import type { Operation } from '../operations/schema.ts';
import { type List, type Path, type Scalar, type Value, shownAs } from '../document/value.ts';
import { type Finding, finding } from '../resolve/problem.ts';

/** Unquoted values that readers of YAML 1.1 and 1.2 take for different things, or that lose characters as numbers. */
export function checkTraps(value: Value, path: Path = []): Finding[] {
  if (value.kind === 'map')
    return [...value.entries].flatMap(([key, entry]) =>
      String(path[0]).startsWith('x-') || entry.merged !== null
        ? []
        : checkTraps(entry.value, [...path, key]),
    );
  if (value.kind === 'list')
    return value.items.flatMap((item, index) => {
      const found = checkTraps(item, [...path, index]);
      const mend = path.length === 3 && item.kind === 'scalar' ? mendedList(path, value) : [];
      return mend.length === 0 ? found : found.map((one) => ({ ...one, operations: mend }));
    });
  const why = trapOf(value);
  if (why === null) return [];
  return [
    finding(
      'yaml_trap',
      'warning',
      value.place,
      `${shownAs(path)}: ${why}. Quotes say what is meant.`,
      mended(path, value.source),
    ),
  ];
}

function trapOf({ value, quoted, source }: Scalar): string | null {
  if (quoted || source === '' || source.includes('$')) return null;
  if (typeof value === 'string' && isMisread(source)) {
    if (/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+$/.test(source))
      return `${source} is a number in base 60 to readers of YAML 1.1`;
    if (/^(y|n|yes|no|on|off)$/i.test(source)) return `${source} is a truth value to readers of YAML 1.1`;
    if (/^[-+]?0[0-7_]+$/.test(source) || /^\d{4}-\d\d?-\d\d?$/.test(source))
      return `${source} is no text to readers of YAML 1.1`;
  }
  if (typeof value === 'number' && /^[-+]?0\d+$/.test(source))
    return `${source} is an octal number to Compose, which is ${value} then, or no number at all`;
  if (typeof value === 'number' && /^\d+\.\d*0$/.test(source))
    return `${source} is the number ${value}, without its last 0`;
  return null;
}

/** The whole list, each of its texts as it is written. */
function mendedList([section, service, key]: Path, { items }: List): Operation[] {
  const texts = items.flatMap((item) => (item.kind === 'scalar' ? [item.source] : []));
  if (section !== 'services' || texts.length < items.length) return [];
  return [{ op: 'set_field', service: String(service), name: String(key), value: texts }];
}

function mended(path: Path, source: string): Operation[] {
  const [section, service, key, name] = path.map(String);
  if (section !== 'services' || service === undefined || key === undefined) return [];
  if (path.length === 3) return [{ op: 'set_field', service, name: key, value: source }];
  if (path.length !== 4 || name === undefined || typeof path[3] === 'number') return [];
  if (key === 'environment') return [{ op: 'set_env', service, name, value: source }];
  return key === 'labels' ? [{ op: 'set_label', service, name, value: source }] : [];
}
