import { couldRun, isDigest, looksRandom } from './random.ts';
import type { Span } from '../../core/secrets.ts';

/** Names that say that what stands under them is a secret, whatever it looks like. */
const SURE = String.raw`pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|client[_-]?secret|x-amz-signature`;
/** Names under which a secret may stand: what looks like one is taken for one. */
const LIKELY = String.raw`key|auth|pwd|pass|cert|salt|seed|session|cookie|signature|sig|hmac|bearer|webhook|dsn|credentials`;

const NAMES = new RegExp(String.raw`(?:(${SURE})|(?:${LIKELY}))s?(?![A-Za-z0-9])`, 'gi');
/** Between a name and its value: quotes (also escaped ones, as in JSON within JSON) and a sign; a flag needs none. */
const SIGN = /(?:\\{0,4}["'\]]){0,2}(\s{0,8})(?:=>|:=|[:=])(\s{0,8})(?:[|>][-+]?\s{1,40})?/y;
const SPACE = /[ \t]{1,4}/y;
const QUOTED = /\\{0,4}(["'])([^"'\n]{8,4096})/y;
const BARE = /[^\s"',;&|$`(<>)\\]{8,256}/y;
const MORE = /[^\s"',;&|$`(<>)\\]*/y;
const FLAG = /(?:^|\s)--?[\w-]{0,40}$/;
/** A name in a program, or a call or a member of one. */
const IDENTIFIER = /^[A-Za-z_$][A-Za-z_$]*(?:\??\.[A-Za-z_$][\w$]*)*!?$/;

const HEADER =
  /\b(?:proxy-)?authorization["']?\s{0,8}[:=]\s{0,8}["']?(?:[A-Za-z][\w-]{1,20}\s{1,8})?([\w.~+/=:-]{8,})/gi;
const COOKIE = /\b(?:set-)?cookie["']?:\s{0,8}["']?([^\s"'|&<>`$()][^\n"'|&<>`$()]{7,4096})/gi;
const IN_URL = /:\/\/([^\s/:@"'<>]{0,256}):([^\s/"'<>|&;`$()]{1,1024})@/g;
const USER_IN_URL = /:\/\/([\w.~%+-]{16,256})@/g;
const USER_OPTION =
  /(?:^|\s)(?:-u|--user|--proxy-user)[ =]{0,2}["']?[^\s:"']{1,128}:([^\s"'|&;<>`$()]{3,512})/g;

const SECRET_NAME = new RegExp(String.raw`(?:^|[_.-])(?:${SURE}|[a-z0-9]+[_-]pwd)s?$`, 'i');
const CAMEL_NAME = /[a-z0-9](?:Password|Passwd|Passphrase|Secret|Token|ApiKey|AccessKey|PrivateKey)s?$/;

/** Whether a name says that a secret stands under it. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) || CAMEL_NAME.test(name);

/** Whether one may stand there, if it looks like one. */
export const isLikelyName = (name: string): boolean => {
  NAMES.lastIndex = 0;
  return NAMES.test(name);
};

/** Values that stand under a name that says so, in headers and in addresses. */
export function assignedSpans(text: string): Span[] {
  const spans = named(text);
  const add = (shape: RegExp, group: number, counts: (value: string) => boolean = () => true): void => {
    for (const match of text.matchAll(shape)) {
      const value = match[group] ?? '';
      // The value is the last of the match, but for the sign that ends an address's.
      const end = match.index + match[0].length - (match[0].endsWith('@') ? 1 : 0);
      if (counts(value)) spans.push({ start: end - value.length, end });
    }
  };
  if (/authorization/i.test(text)) add(HEADER, 1);
  if (/cookie/i.test(text)) add(COOKIE, 1);
  if (text.includes('://')) {
    add(IN_URL, 2);
    add(USER_IN_URL, 1, looksRandom);
  }
  if (text.includes('-u') || text.includes('user')) add(USER_OPTION, 1);
  return spans;
}

function named(text: string): Span[] {
  const spans: Span[] = [];
  NAMES.lastIndex = 0;
  for (let name = NAMES.exec(text); name !== null; name = NAMES.exec(text)) {
    const value = valueAfter(text, name.index, NAMES.lastIndex);
    if (value === null) continue;
    const content = text.slice(value.start, value.end);
    const isSecret =
      name[1] === undefined ? looksRandom(content) && !isDigest(content) : !isMarkedDigest(content);
    if (!isSecret || (value.quoted ? couldRun(content) : isCode(text, value))) continue;
    MORE.lastIndex = value.end;
    if (!value.quoted) MORE.test(text);
    // What is masked is not looked through again: a line of names alone would be, once for each.
    NAMES.lastIndex = Math.max(NAMES.lastIndex, MORE.lastIndex);
    spans.push({ start: value.start, end: MORE.lastIndex });
  }
  return spans;
}

interface Value extends Span {
  readonly quoted: boolean;
  /** Whether space stands round the sign, as it does in programs. */
  readonly spaced: boolean;
}

function valueAfter(text: string, nameAt: number, nameEnd: number): Value | null {
  SIGN.lastIndex = nameEnd;
  const sign = SIGN.exec(text);
  let at = SIGN.lastIndex;
  if (sign === null) {
    SPACE.lastIndex = nameEnd;
    if (!SPACE.test(text) || !FLAG.test(text.slice(Math.max(0, nameAt - 42), nameAt))) return null;
    at = SPACE.lastIndex;
  }
  QUOTED.lastIndex = at;
  const quoted = QUOTED.exec(text);
  if (quoted !== null) {
    const end = QUOTED.lastIndex - (text[QUOTED.lastIndex - 1] === '\\' ? 1 : 0);
    return { start: QUOTED.lastIndex - (quoted[2] ?? '').length, end, quoted: true, spaced: false };
  }
  BARE.lastIndex = at + (/^\\{0,4}["']/.exec(text.slice(at, at + 5))?.[0].length ?? 0);
  const start = BARE.lastIndex;
  if (!BARE.test(text)) return null;
  return {
    start,
    end: BARE.lastIndex,
    quoted: false,
    spaced: sign !== null && (sign[1] !== '' || sign[2] !== ''),
  };
}

/** Whether a bare value is a name in a program: `token = nextToken(…)`, `secret: process.env.SECRET,`. */
function isCode(text: string, { start, end, spaced }: Value): boolean {
  if (!IDENTIFIER.test(text.slice(start, end))) return false;
  return (
    /^[([]/.test(text.slice(end, end + 1)) ||
    (spaced && /^(?:[;,)<|&]|\s*[;,)])/.test(text.slice(end, end + 4)))
  );
}

/** A digest that says which one it is. */
const isMarkedDigest = (value: string): boolean => /^(?:sha\d{1,3}|md5|blake\w{1,4})[-:]/i.test(value);
