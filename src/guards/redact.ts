/**
 * A private key: its first line, lines of base64 after it, and its last. Anything else ends it, so that an agent
 * cannot have a command kept out of the record by writing a key's first line before it.
 */
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?:\s|\\[nr]){0,8}(?:(?:Proc-Type|DEK-Info): [\w,-]{1,60}|[A-Za-z0-9+/=]{16,}))*(?:(?:\s|\\[nr]){0,8}[A-Za-z0-9+/=]{1,15}(?=(?:\s|\\[nr]){0,8}-----END))?(?:(?:\s|\\[nr]){0,8}-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g;

/**
 * Known shapes of secrets; the whole match is masked. An agent chooses the text, so each takes time that only
 * grows with its length: every repetition is bounded, or begins at a place where no other can begin.
 */
const SHAPES: readonly RegExp[] = [
  PRIVATE_KEY,
  /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|glpat-[\w-]{20,})/g,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/g,
  /\bsk-[A-Za-z0-9_-]{20,}/g,
  /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+/g,
  /(?<=:\/\/[^\s/:@]*:)[^\s/@]{3,}(?=@)/g,
  /(?<=(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)["']?\s{0,8}[=:]\s{0,8}["']?)[^\s"',;&|$`(<>)]{8,}/gi,
  /(?<=\bauthorization:\s{0,8}(?:bearer|basic)\s{1,8})[\w.~+/=-]{8,}/gi,
];

const SECRET_NAME = /(^|_|-)(password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key)s?$/i;

export const MASK = '[redacted]';

export function redactText(text: string): string {
  return SHAPES.reduce((masked, shape) => masked.replace(shape, MASK), text);
}

/** A text that stands under a name: masked whole where the name says that it is a secret. */
export const redactValue = (name: string, text: string): string =>
  SECRET_NAME.test(name) ? MASK : redactText(text);

/** Every string inside a JSON value, redacted. */
export function redact<T>(value: T): T {
  if (typeof value === 'string') return redactText(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => redact(item)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      typeof inner === 'string' ? redactValue(key, inner) : redact(inner),
    ]),
  ) as T;
}
