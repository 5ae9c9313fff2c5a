import { text, textOf, UNKNOWN, type Value } from '../value.ts';

const DIRECTIVE = /%(?:\((\w+)\))?[-+ #0]*\d*(?:\.\d+)?([sdifxcr%])/g;
const FIELD = /\{\{|\}\}|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}/g;

/** `'%s %d' % (a, b)`, `sprintf`. */
export function format(pattern: string, args: readonly Value[]): Value {
  let next = 0;
  let known = true;
  const whole = pattern.replaceAll(DIRECTIVE, (_, name: string | undefined, directive: string) => {
    if (directive === '%') return '%';
    const [first] = args;
    const value = name !== undefined && first?.kind === 'record' ? first.entries.get(name) : args[next++];
    const shown = textOf(value);
    known &&= shown !== null;
    return directive === 'c' && value?.kind === 'number' ? String.fromCodePoint(value.number) : (shown ?? '');
  });
  return known ? text(whole) : UNKNOWN;
}

/** `'{} {name}'.format(a, name=b)`. */
export function formatFields(pattern: string, args: readonly Value[]): Value {
  let next = 0;
  let known = true;
  const last = args.at(-1);
  const whole = pattern.replaceAll(FIELD, (field, name: string | undefined) => {
    if (name === undefined) return field.charAt(0);
    const value = /^\d*$/.test(name)
      ? args[name === '' ? next++ : Number(name)]
      : last?.kind === 'record'
        ? last.entries.get(name)
        : undefined;
    const shown = textOf(value);
    known &&= shown !== null;
    return shown ?? '';
  });
  return known ? text(whole) : UNKNOWN;
}
