import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { HomeostatError } from '../../../core/errors.ts';

/** Characters of the largest Compose file that is read; real ones have some ten thousand. */
const MOST_CHARACTERS = 524_288;
/** Brackets or braces within each other; the parser calls itself for each. */
const DEEPEST = 200;

export type Parsed = Document.Parsed;

/** A text as the parser read it, with every node's place. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly Parsed[];
  readonly lines: LineCounter;
}

/** The bytes of a file as text; throws `unreadable_yaml` unless they are UTF-8. */
export function decode(content: Buffer, file: string): string {
  const text = content.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content))
    throw new HomeostatError('unreadable_yaml', `${file} is not UTF-8 text`);
  return text;
}

/** Parses every document of a file; throws `unreadable_yaml` where a reader could take it for something else. */
export function parseSource(text: string, file: string): Source {
  if (text.length > MOST_CHARACTERS)
    throw new HomeostatError(
      'too_large',
      `${file} has ${text.length} characters, a Compose file at most ${MOST_CHARACTERS}`,
    );
  // YAML takes a carriage return by itself for a line break, but not every reader does.
  if (/\r(?!\n)/.test(text))
    throw new HomeostatError('unreadable_yaml', `${file} has a carriage return that ends no line`);
  if (isTooDeep(text)) throw new HomeostatError('too_large', `${file} has over ${DEEPEST} nested brackets`);
  const lines = new LineCounter();
  const documents = parsed(text, file, lines);
  const [error] = documents.flatMap((document) => document.errors);
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new HomeostatError(
      'unreadable_yaml',
      `${file}:${line}:${col}: ${error.message.split('\n')[0]?.replace(/ at line .*/, '') ?? error.code}`,
    );
  }
  return { file, text, documents, lines };
}

function parsed(text: string, file: string, lineCounter: LineCounter): Parsed[] {
  try {
    return [
      ...parseAllDocuments(text, {
        lineCounter,
        keepSourceTokens: true,
        merge: false,
        prettyErrors: true,
        logLevel: 'silent',
      }),
    ];
  } catch (cause) {
    throw new HomeostatError('unreadable_yaml', `${file} cannot be parsed`, { cause });
  }
}

/** Counts brackets wherever they stand, in texts too: far more than any Compose file has. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : depth > 0 ? -1 : 0;
    if (depth > DEEPEST) return true;
  }
  return false;
}
