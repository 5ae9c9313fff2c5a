import { isDeepStrictEqual } from 'node:util';
import { HomeostatError } from '../../core/errors.ts';
import { type Node, scanJsonc } from './jsonc-scan.ts';

/** Where a value goes: keys of objects, then perhaps an index of an array; the index after the last appends. */
export type Path = readonly (string | number)[];

/** Puts a value into a text of JSON and leaves every other byte, comments too, as it is. */
export function setJsonc(text: string, path: Path, value: unknown): string {
  const before = text.trim() === '' ? '{}\n' : text;
  const root = scanJsonc(before);
  const style = styleOf(before);
  const result = put(before, root, path, value, style);
  const wanted = withValue(root.value, path, value);
  // What was meant is compared with what was made, since the file is somebody else's.
  if (!isDeepStrictEqual(scanJsonc(result).value, scanJsonc(JSON.stringify(wanted)).value))
    throw new HomeostatError('internal_error', 'the changed text does not say what it should');
  return result;
}

interface Style {
  readonly unit: string;
  readonly newline: string;
}

function styleOf(text: string): Style {
  return { unit: /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ', newline: text.includes('\r\n') ? '\r\n' : '\n' };
}

function put(text: string, node: Node, path: Path, value: unknown, style: Style): string {
  const [step, ...rest] = path;
  const indent = indentAt(text, node.start);
  if (step === undefined)
    return text.slice(0, node.start) + written(value, indent, style) + text.slice(node.end);
  if (node.children === null || (typeof step === 'number') !== (text[node.start] === '['))
    throw new HomeostatError(
      'invalid_input',
      `${JSON.stringify(step)} cannot stand where something else does`,
    );
  const child =
    typeof step === 'number' ? node.children[step] : node.children.find(({ key }) => key === step);
  if (child !== undefined) return put(text, child.node, rest, value, style);
  const made = withValue(undefined, rest, value);
  const inner = indent + style.unit;
  const name = typeof step === 'number' ? '' : `${JSON.stringify(step)}: `;
  const member = `${style.newline}${inner}${name}${written(made, inner, style)}`;
  const last = node.children.at(-1)?.node;
  if (last === undefined) {
    const isBare = text.slice(node.start + 1, node.end - 1).trim() === '';
    const tail = isBare ? `${style.newline}${indent}${text.slice(node.end - 1)}` : text.slice(node.start + 1);
    return text.slice(0, node.start + 1) + member + tail;
  }
  const comma = node.trailing ? text.indexOf(',', last.end) + 1 : last.end;
  // A comment on the line of the last one speaks of that one and stays beside it.
  const comment =
    /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*(?=\r?\n))/.exec(text.slice(comma))?.[0] ?? '';
  const isOneLine = !text.slice(node.start, last.start).includes('\n');
  const end =
    isOneLine && comment === ''
      ? `${style.newline}${indent}${text.slice(comma).trimStart()}`
      : text.slice(comma + comment.length);
  return `${text.slice(0, comma)}${node.trailing ? '' : ','}${comment}${member}${end}`;
}

const written = (value: unknown, indent: string, { unit, newline }: Style): string =>
  JSON.stringify(value, null, unit).replaceAll('\n', `${newline}${indent}`);

const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1))?.[0] ?? '';

/** The value as it should be afterwards. */
function withValue(value: unknown, [step, ...rest]: Path, wanted: unknown): unknown {
  if (step === undefined) return wanted;
  if (typeof step === 'number') {
    const items: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [];
    items[step] = withValue(items[step], rest, wanted);
    return items;
  }
  const members = (value ?? {}) as Record<string, unknown>;
  return { ...members, [step]: withValue(members[step], rest, wanted) };
}
