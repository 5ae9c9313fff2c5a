import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Span } from '../../core/secrets.ts';

/** The little of secretlint's interface that its rules use when they are called without its engine. */
interface Rule {
  readonly meta: { readonly id: string };
  create(
    context: {
      createTranslator(): () => { message: string };
      report(found: { range: readonly [number, number] }): void;
      ignore(): void;
    },
    options: object,
  ): { file?(source: { content: string; ext: string; contentType: 'text' }): unknown };
}

const ID = '@secretlint/secretlint-rule-';

/**
 * Left out: one opens files and takes a whole JSON text for a secret; one lets a comment in the text switch the
 * others off, which would be the agent's to write. Private keys and passwords in addresses are known to us, without
 * what stands round them.
 */
const LEFT_OUT = new Set(['gcp', 'filter-comments', 'privatekey', 'basicauth', 'database-connection-string']);

/** What a text must contain for a rule to find anything; a rule that is not listed is always asked. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  aws: ['ccess', 'CCESS'],
  npm: ['_authToken=', 'npm_', 'x-oauth-basic'],
  slack: ['xox', 'xapp-', 'hooks.slack.com'],
  sendgrid: ['SG.'],
  shopify: ['shp'],
  github: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
  gitlab: ['glpat-'],
  grafana: ['glc_', 'glsa_'],
  openai: ['sk-'],
  anthropic: ['sk-ant-'],
  groq: ['gsk_'],
  huggingface: ['hf_'],
  linear: ['lin_api_'],
  notion: ['ntn_', 'secret_'],
  '1password': ['ops_'],
  'hashicorp-vault': ['hvs.', 'hvb.', 'hvr.'],
  vercel: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
  databricks: ['dapi'],
  docker: ['dckr_pat_'],
  figma: ['figd_'],
};

/** Shapes of a single word that the rules lack, or hold to one length; each begins where no other can begin. */
const WORDS: readonly [needed: string, shape: RegExp][] = [
  ['gh', /\bgh[pousr]_[A-Za-z0-9]{30,}/g],
  ['github_pat_', /\bgithub_pat_\w{40,}/g],
  ['glpat-', /\bglpat-[\w-]{20,}/g],
  ['xox', /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g],
  ['sk-', /\bsk-[A-Za-z0-9_-]{20,}/g],
  ['_live_', /\b[rsp]k_live_[A-Za-z0-9]{16,}/g],
  ['whsec_', /\bwhsec_[A-Za-z0-9+/=]{20,}/g],
  ['AKIA', /\bAKIA[0-9A-Z]{16}\b/g],
  ['ASIA', /\bASIA[0-9A-Z]{16}\b/g],
  ['AIza', /\bAIza[\w-]{35}/g],
  ['ya29.', /\bya29\.[\w-]{20,}/g],
  ['hst_', /\bhst_[\w-]{43}/g],
  ['npm_', /\bnpm_[A-Za-z0-9]{30,}/g],
  ['pypi-', /\bpypi-[\w-]{50,}/g],
  ['AGE-SECRET-KEY-', /\bAGE-SECRET-KEY-1[0-9A-Z]{40,}/g],
  ['eyJ', /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+/g],
];

/**
 * A private key from its first line on: lines of base64 after it, also behind the signs of a diff, and its last.
 * Anything else ends it, so that an agent cannot have a command kept out of the record by writing a key's first line
 * before it. All after the first line may be missing, so it never has to try another way.
 */
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[nr]|\n[-+>| ]){0,8}(?:(?:Proc-Type|DEK-Info): [\w,-]{1,60}|[A-Za-z0-9+/=]{16,}))*(?:(?:\s|\\[nr]|\n[-+>| ]){0,8}[A-Za-z0-9+/=]{1,15}(?=(?:\s|\\[nr]|\n[-+>| ]){0,8}-----END))?(?:(?:\s|\\[nr]|\n[-+>| ]){0,8}-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?/g;
const KEY_END = /-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_LINE = /^[-+>| \t\r]{0,8}[A-Za-z0-9+/=]{1,100}\s{0,8}$/;
const LONGEST_LINE = 128;
const MOST_KEY_LINES = 400;

const WORD = /^[^\s"';&|$`(<>)]*/;

const used = (rules as unknown as readonly Rule[])
  .map((rule) => ({ id: rule.meta.id.slice(ID.length), rule }))
  .filter(({ id }) => !LEFT_OUT.has(id))
  .map(({ id, rule }) => ({ rule, needed: NEEDED[id] }));

/** Single words of a shape that some vendor gives its secrets. */
export function wordSpans(text: string): Span[] {
  const found: Span[] = [];
  const context = {
    createTranslator: () => () => ({ message: '' }),
    report({ range: [start, end] }: { range: readonly [number, number] }) {
      // A rule may take the rest of a line, in which an agent could keep a command out of the record.
      const word = WORD.exec(text.slice(start, end))?.[0] ?? '';
      found.push({ start, end: start + word.length });
    },
    ignore: () => undefined,
  };
  for (const { needed, rule } of used)
    if (needed?.some((word) => text.includes(word)) !== false)
      rule.create(context, {}).file?.({ content: text, ext: '', contentType: 'text' });
  for (const [needed, shape] of WORDS)
    if (text.includes(needed))
      for (const { index, 0: word } of text.matchAll(shape))
        found.push({ start: index, end: index + word.length });
  return found;
}

/** Private keys, whole or cut at either end. */
export function keySpans(text: string): Span[] {
  if (!text.includes('PRIVATE KEY')) return [];
  const whole = [...text.matchAll(PRIVATE_KEY)].map(({ index, 0: key }) => ({
    start: index,
    end: index + key.length,
  }));
  const ends = [...text.matchAll(KEY_END)].map(({ index, 0: end }) => ({
    start: firstLine(text, index),
    end: index + end.length,
  }));
  return [...whole, ...ends];
}

/** Where the lines of base64 begin that stand right before a key's last line. */
function firstLine(text: string, end: number): number {
  let start = end;
  for (let count = 0; count < MOST_KEY_LINES; count++) {
    // Never further back than a line of a key is long, or each last line would look through all before it.
    const near = text.slice(Math.max(0, start - LONGEST_LINE), Math.max(0, start - 1));
    const line = near.slice(near.lastIndexOf('\n') + 1);
    if (start === 0 || text[start - 1] !== '\n' || line.length >= LONGEST_LINE - 1 || !KEY_LINE.test(line))
      break;
    start -= line.length + 1;
  }
  return start;
}
