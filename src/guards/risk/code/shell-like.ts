import type { Language } from './finding.ts';
import type { Token } from './token.ts';

/** Names that code may well begin with before a minus sign. */
const PRINTS = new Set([
  'puts',
  'p',
  'print',
  'return',
  'say',
  'printf',
  'yield',
  'await',
  'typeof',
  'echo',
  'case',
  'not',
  'delete',
  'void',
  'throw',
]);

/** Why the text looks like a shell line and not like code (`rm -rf /tmp/x` would be two subtractions); else null. */
export function shellLike(language: Language, tokens: readonly Token[]): string | null {
  const [word, minus, option] = tokens;
  if (
    language === 'awk' ||
    word?.kind !== 'name' ||
    PRINTS.has(word.text) ||
    minus === undefined ||
    option === undefined
  )
    return null;
  const isOption =
    (minus.text === '-' || minus.text === '--') && minus.spaced && option.kind === 'name' && !option.spaced;
  return isOption ? `${word.text} ${minus.text}${option.text} is no ${language} but a shell line` : null;
}
