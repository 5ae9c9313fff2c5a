/** A variable of an env file with its line, counted from 1. */
export interface Assignment {
  readonly value: string;
  readonly line: number;
}

/** `NAME=VALUE` lines, with `export`, comments and quotes as Compose reads them; quoted values may go over lines. */
export function parseEnvFile(text: string): Map<string, Assignment> {
  const found = new Map<string, Assignment>();
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const [, name, rest = ''] = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*(.*)$/.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    const line = at + 1;
    const quote = /^(['"])/.exec(rest)?.[1];
    if (quote === undefined) {
      found.set(name, { value: rest.replace(/(^|\s+)#.*$/, '').trimEnd(), line });
      continue;
    }
    let value = rest.slice(1);
    while (!isClosed(value, quote) && at + 1 < lines.length) value += `\n${lines[++at] ?? ''}`;
    const end = endOf(value, quote);
    const inner = end < 0 ? value : value.slice(0, end);
    found.set(name, {
      value: quote === '"' ? inner.replaceAll('\\n', '\n').replaceAll('\\"', '"') : inner,
      line,
    });
  }
  return found;
}

const endOf = (value: string, quote: string): number =>
  quote === '"' ? value.search(/(?<!\\)"/) : value.indexOf("'");

const isClosed = (value: string, quote: string): boolean => endOf(value, quote) >= 0;
