import { list, named, number, text, textOf, UNKNOWN, type Value } from '../value.ts';
import { base64, character, hexadecimal, reversed, rot13 } from './decode.ts';
import { format } from './format.ts';
import { HOME } from './places.ts';

type Fold = (args: readonly Value[]) => Value;

/** A fold of texts; unknown where one of them is. */
const texts =
  (fold: (...known: string[]) => string): Fold =>
  (args) => {
    const known = args.filter((arg) => arg.kind !== 'record').map(textOf);
    return known.every((one) => one !== null) && known.length > 0 ? text(fold(...known)) : UNKNOWN;
  };

const first = (args: readonly Value[]): Value => args[0] ?? UNKNOWN;

const decode64 = texts((encoded) => base64(encoded));
const decodeHex = texts((encoded) => hexadecimal(encoded));
const turned: Fold = ([value]) => {
  if (value?.kind === 'text') return text(reversed(value.text));
  return value?.kind === 'list' ? list(value.items.toReversed()) : UNKNOWN;
};
const joinPath = texts((...parts) => {
  const rooted = parts.findLastIndex((part) => /^[/~]/.test(part));
  return parts
    .slice(Math.max(rooted, 0))
    .join('/')
    .replaceAll(/\/{2,}/g, '/');
});
const joinAll = texts((...parts) => parts.join('/').replaceAll(/\/{2,}/g, '/'));
/** The files that fit a pattern, for which the pattern itself stands. */
const files: Fold = (args) => list(args.filter((arg) => arg.kind !== 'record'));
const home: Fold = () => text(HOME);
const here: Fold = () => text('.');
const pathOf =
  (path: string): Fold =>
  () =>
    named('Path()', null, [text(path)]);
const temporary: Fold = () => text('/tmp/tmp.XXXXXXXXXX');
const environment: Fold = ([name]) => (textOf(name) === 'HOME' ? text(HOME) : UNKNOWN);

/** The characters of these codes, as of `String.fromCharCode(…)` or `bytes([…])`. */
const characters: Fold = (args) => {
  const codes = args.flatMap((arg) => (arg.kind === 'list' ? arg.items : [arg]));
  const known = codes.map((code) => (code.kind === 'number' ? character(code.number) : textOf(code)));
  return known.every((one) => one !== null) ? text(known.join('')) : UNKNOWN;
};

const codePoint: Fold = ([value]) => {
  const code = value?.kind === 'text' ? value.text.codePointAt(0) : undefined;
  return code === undefined ? UNKNOWN : number(code);
};

const parsed: Fold = ([value, radix]) => {
  const plain = textOf(value);
  const base = radix?.kind === 'number' && radix.number >= 2 && radix.number <= 36 ? radix.number : 10;
  const result = plain === null ? Number.NaN : base === 10 ? Number(plain) : Number.parseInt(plain, base);
  return Number.isNaN(result) ? UNKNOWN : number(result);
};

const joinItems = (separator: Value | undefined, items: Value | undefined): Value => {
  const known = items?.kind === 'list' ? items.items.map(textOf) : [null];
  const between = textOf(separator);
  return between !== null && known.every((one) => one !== null) ? text(known.join(between)) : UNKNOWN;
};

/** `pack('H*', …)`, `pack('C*', …)`, `pack('m', …)`, and what unpacks them. */
const pack: Fold = ([pattern, ...rest]) => {
  const how = textOf(pattern) ?? '';
  if (/^[Hh]/.test(how)) return decodeHex(rest.slice(0, 1));
  return /^[CcUWA]/.test(how) ? characters(rest) : UNKNOWN;
};
const unpack: Fold = ([pattern, packed]) => {
  const how = textOf(pattern) ?? '';
  return how.startsWith('m') ? decode64([packed ?? UNKNOWN]) : UNKNOWN;
};

const codecs: Fold = ([value, codec]) => {
  const how = textOf(codec) ?? '';
  if (/^rot_?13$/.test(how)) return texts((plain) => rot13(plain))([value ?? UNKNOWN]);
  if (how.startsWith('hex')) return decodeHex([value ?? UNKNOWN]);
  return how.startsWith('base64') ? decode64([value ?? UNKNOWN]) : (value ?? UNKNOWN);
};

/** Node's `Buffer.from(text, encoding)`. */
const buffer: Fold = ([value, encoding]) => {
  const how = textOf(encoding) ?? 'utf8';
  if (value?.kind === 'list') return characters([value]);
  if (how.startsWith('base64')) return decode64([value ?? UNKNOWN]);
  return how === 'hex' ? decodeHex([value ?? UNKNOWN]) : (value ?? UNKNOWN);
};

/** Functions without effects, by their names; those of one name do the same in every language. */
export const FUNCTIONS: ReadonlyMap<string, Fold> = new Map<string, Fold>(
  Object.entries({
    'base64.b64decode base64.standard_b64decode base64.urlsafe_b64decode base64.decodebytes base64.decodestring binascii.a2b_base64 atob Base64.decode64 Base64.strict_decode64 Base64.urlsafe_decode64 MIME.Base64.decode_base64 MIME.Base64.decode decode_base64 base64_decode':
      decode64,
    'bytes.fromhex bytearray.fromhex binascii.unhexlify binascii.a2b_hex hex2bin base64.b16decode': decodeHex,
    'codecs.decode codecs.encode': codecs,
    'codecs.getdecoder codecs.getencoder': first,
    'Buffer.from Buffer Buffer.alloc': buffer,
    'String.fromCharCode String.fromCodePoint chr unichr string.char bytes bytearray utf8.char': characters,
    'ord string.byte': codePoint,
    str_rot13: texts((plain) => rot13(plain)),
    'strrev reversed reverse string.reverse': turned,
    'os.path.join': joinPath,
    'path.join path.resolve path.posix.join File.join File.catfile File.Spec.catfile': joinAll,
    'os.path.expanduser os.path.abspath os.path.realpath os.path.normpath os.fspath os.fsdecode path.normalize File.expand_path File.absolute_path File.realpath realpath str repr String strval bytes.decode list tuple compile dedent textwrap.dedent Array.from Object.freeze sh shlex.quote shlex.join escapeshellarg escapeshellcmd Shellwords.escape fs.realpathSync bytesToString os.fsencode open_code mb_convert_encoding stripslashes File.basename':
      first,
    'glob.glob glob.iglob Dir.glob glob fs.globSync': files,
    'os.listdir os.scandir fs.readdirSync fs.readdir fs.promises.readdir scandir Dir.children Dir.entries Dir.each_child':
      () => list([text('*')]),
    'os.walk': ([root = UNKNOWN]: readonly Value[]) =>
      list([list([root, list([text('*')]), list([text('*')])])]),
    'enumerate ipairs pairs Object.entries each_with_index': ([items]: readonly Value[]) =>
      items?.kind === 'list' ? list(items.items.map((item) => list([UNKNOWN, item]))) : UNKNOWN,
    'os.path.expandvars': texts((plain) => plain.replaceAll(/\$\{?HOME\}?/g, HOME)),
    'os.homedir Dir.home': home,
    'pathlib.Path.home Path.home': pathOf(HOME),
    'pathlib.Path.cwd Path.cwd': pathOf('.'),
    'os.getcwd process.cwd Dir.pwd getcwd Cwd.cwd cwd': here,
    'tempfile.mkdtemp tempfile.mktemp tempfile.mkstemp os.tmpdir fs.mkdtempSync Dir.mktmpdir Dir.tmpdir tempdir tmpname os.tmpname sys_get_temp_dir tempnam tempfile.gettempdir':
      temporary,
    'os.getenv os.environ.get getenv ENV.fetch': environment,
    'int float Number parseInt Integer hex intval': parsed,
    'sprintf string.format util.format format': ([pattern, ...rest]: readonly Value[]) =>
      pattern?.kind === 'text' ? format(pattern.text, rest) : UNKNOWN,
    'implode join': ([separator, ...rest]: readonly Value[]) =>
      joinItems(separator, rest.length === 1 && rest[0]?.kind === 'list' ? rest[0] : list(rest)),
    'table.concat': ([items, separator]: readonly Value[]) => joinItems(separator ?? text(''), items),
    pack: pack,
    unpack: unpack,
    'strtolower lc string.lower lcfirst': texts((plain) => plain.toLowerCase()),
    'strtoupper uc string.upper ucfirst': texts((plain) => plain.toUpperCase()),
    'trim rtrim ltrim': texts((plain) => plain.trim()),
    str_replace: texts((from, to = '', plain = '') => (from === '' ? plain : plain.replaceAll(from, to))),
    'decodeURIComponent decodeURI unescape urllib.parse.unquote urllib.unquote urldecode rawurldecode CGI.unescape':
      texts((plain) =>
        plain.replaceAll(/(?:%[\dA-Fa-f]{2})+/g, (run) => hexadecimal(run.replaceAll('%', ''))),
      ),
  }).flatMap(([names, fold]) => names.split(' ').map((name) => [name, fold] as const)),
);

export { characters, codecs, codePoint, decode64, decodeHex, joinItems, turned };
