/** A variable of an env file with its line, counted from 1. */
export interface Assignment {
  readonly value: string;
  readonly line: number;
  /** Where its value stands in the text, with its quotes. */
  readonly from: number;
  readonly to: number;
}

/** `NAME=VALUE` lines, with `export`, comments and quotes as Compose reads them; quoted values may go over lines. */
export function parseEnvFile(text: string): Map<string, Assignment> {
  const found = new Map<string, Assignment>();
  const mark = text.startsWith('\uFEFF') ? 1 : 0;
  const whole = text.slice(mark).split('\n');
  const lines = whole.map((line) => line.replace(/\r$/, ''));
  let start = mark;
  const starts = whole.map((line) => (start += line.length + 1) - line.length - 1);
  for (let at = 0; at < lines.length; at++) {
    const [, before = '', name, rest = ''] =
      /^(\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*)(.*)$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    const line = at + 1;
    const from = (starts[at] ?? 0) + before.length;
    const quote = /^(['"])/.exec(rest)?.[1];
    if (quote === undefined) {
      const value = rest.replace(/(^|\s+)#.*$/, '').trimEnd();
      found.set(name, { value, line, from, to: from + value.length });
      continue;
    }
    let value = rest.slice(1);
    let last = from + 1;
    while (!isClosed(value, quote) && at + 1 < lines.length) {
      last = (starts[++at] ?? 0) - value.length - 1;
      value += `\n${lines[at] ?? ''}`;
    }
    const end = endOf(value, quote);
    const inner = end < 0 ? value : value.slice(0, end);
    found.set(name, {
      value: quote === '"' ? inner.replaceAll('\\n', '\n').replaceAll('\\"', '"') : inner,
      line,
      from,
      to: end < 0 ? text.length : last + end + 1,
    });
  }
  return found;
}

const endOf = (value: string, quote: string): number =>
  quote === '"' ? value.search(/(?<!\\)"/) : value.indexOf("'");

const isClosed = (value: string, quote: string): boolean => endOf(value, quote) >= 0;
