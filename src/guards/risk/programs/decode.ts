import { FROM, type Value, isKnown, known, unknown } from '../shell/value.ts';
import type { Handler, Invocation, Stream } from './engine.ts';

const MOST = 64 * 1024;

/** What a filter is given to work on: its first file, or standard input. */
function inputOf({ parsed, stdin }: Invocation, written: (path: Value) => Stream | null): Stream | null {
  const [file] = parsed.operands;
  if (file === undefined || file.text === '-') return stdin;
  return written(file) ?? unknown(FROM.input);
}

/** A filter whose result follows from its input where that is known; a decoder's unknown result stays suspect. */
function filter(
  work: (text: string, call: Invocation) => string | null,
  decodes: (call: Invocation) => boolean,
): Handler {
  return (call, engine) => {
    const input = inputOf(call, (path) => engine.written(path));
    const suspect = decodes(call) ? FROM.decoded : 0;
    if (input === null || !isKnown(input)) return unknown((input?.from ?? FROM.input) | suspect);
    let result: string | null;
    try {
      result = work(input.text, call);
    } catch {
      result = null;
    }
    if (result === null || result.length > MOST) return unknown(input.from | suspect);
    return known(result, input.from);
  };
}

const has = ({ parsed }: Invocation, ...names: string[]): boolean =>
  names.some((name) => parsed.options.has(name));

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(text: string): string {
  let bits = '';
  for (const c of text.toUpperCase().replaceAll(/[\s=]/g, ''))
    bits += BASE32.indexOf(c).toString(2).padStart(5, '0');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString('utf8');
}

const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/=\s]*$/.test(text);
const decodes = (call: Invocation): boolean => has(call, '-d', '--decode', '-D', '-r', '-dc');

export const base64 = filter(
  (text, call) =>
    decodes(call)
      ? isBase64(text)
        ? Buffer.from(text, 'base64').toString('utf8')
        : null
      : `${Buffer.from(text).toString('base64')}\n`,
  decodes,
);
export const base32 = filter((text, call) => (decodes(call) ? fromBase32(text) : null), decodes);
export const xxd = filter(
  (text, call) =>
    has(call, '-r') ? fromHex(text, has(call, '-p', '-ps', '-plain')) : Buffer.from(text).toString('hex'),
  decodes,
);
export const gunzip = filter(
  // Taken when it is needed, since it brings the streams along, which takes as long as a whole assessment's start.
  (text) =>
    process
      .getBuiltinModule('node:zlib')
      .gunzipSync(Buffer.from(text, 'latin1'), { maxOutputLength: MOST })
      .toString('utf8'),
  () => true,
);
export const openssl: Handler = (call, engine) => {
  const decoding = call.args.some((arg) => arg.text === '-d');
  if (!decoding) return undefined;
  const encoded = call.args.some((arg) => /^-?(base64|a)$/.test(arg.text));
  const result = filter(
    (text) => (encoded && isBase64(text) ? Buffer.from(text, 'base64').toString('utf8') : null),
    () => true,
  );
  return result({ ...call, parsed: { ...call.parsed, operands: [] } }, engine);
};

function fromHex(text: string, plain: boolean): string {
  const lines = plain
    ? [text]
    : text.split('\n').map((line) => line.replace(/^[\da-f]+:/i, '').replace(/ {2}.*$/, ''));
  return Buffer.from(lines.join('').replaceAll(/\s/g, ''), 'hex').toString('utf8');
}

const never = (): boolean => false;

export const rev = filter(
  (text) =>
    text
      .split('\n')
      .map((line) => Array.from(line).toReversed().join(''))
      .join('\n'),
  never,
);
export const tac = filter(
  (text) => `${text.replace(/\n$/, '').split('\n').toReversed().join('\n')}\n`,
  never,
);
export const cat: Handler = ({ parsed, stdin }, engine) => {
  const { operands } = parsed;
  if (operands.length === 0) return stdin ?? unknown(FROM.input);
  const streams = operands.map((file) => (file.text === '-' ? stdin : engine.written(file)));
  if (streams.some((stream) => stream === null)) return undefined;
  const text = streams.map((stream) => stream?.text ?? '').join('');
  return known(
    text,
    streams.reduce((sum, stream) => sum | (stream?.from ?? 0), 0),
  );
};

/** `tr`: characters for characters, as far as sets are written out or are ranges. */
export const tr: Handler = ({ parsed, stdin }) => {
  const [from, to] = parsed.operands;
  const tells =
    stdin !== null &&
    isKnown(stdin) &&
    from !== undefined &&
    isKnown(from) &&
    (to === undefined || isKnown(to));
  if (!tells) return unknown((stdin?.from ?? 0) | FROM.input);
  const source = charactersOf(from.text);
  if (
    parsed.options.has('-c') ||
    parsed.options.has('-C') ||
    parsed.options.has('-s') ||
    parsed.options.has('-t')
  )
    return unknown(stdin.from | FROM.decoded);
  if (parsed.options.has('-d'))
    return known(
      Array.from(stdin.text)
        .filter((c) => !source.includes(c))
        .join(''),
      stdin.from,
    );
  const target = charactersOf(to?.text ?? '');
  const last = target.at(-1) ?? '';
  return known(
    Array.from(stdin.text)
      .map((c) => (source.includes(c) ? (target[source.lastIndexOf(c)] ?? last) : c))
      .join(''),
    stdin.from,
  );
};

const CLASSES: Readonly<Record<string, string>> = {
  upper: 'A-Z',
  lower: 'a-z',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  space: ' \t\n',
};

function charactersOf(set: string): string[] {
  const plain = set
    .replaceAll(/\[:(\w+):\]/g, (all, name: string) => CLASSES[name] ?? all)
    .replaceAll(/\\(n|t|\\)/g, (_, c: string) => (c === 'n' ? '\n' : c === 't' ? '\t' : '\\'));
  const characters = Array.from(plain);
  const out: string[] = [];
  for (let i = 0; i < characters.length; i++) {
    const [c = '', dash, end] = characters.slice(i, i + 3);
    if (dash !== '-' || end === undefined) out.push(c);
    else {
      for (let code = c.codePointAt(0) ?? 0; code <= (end.codePointAt(0) ?? 0); code++)
        out.push(String.fromCodePoint(code));
      i += 2;
    }
  }
  return out;
}
