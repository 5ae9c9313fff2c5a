import { Lexer } from 'yaml';

/** Marks of the lexer that stand for no character of the text. */
const MARKS = /^[\u0002\u0018\u001F]$/;

/** Where each comment begins, as an index into the text. */
function commentsIn(text: string): number[] {
  const found: number[] = [];
  let at = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (MARKS.test(token)) {
      scalar = token === '\u001F';
      continue;
    }
    if (!scalar && token.startsWith('#')) found.push(at);
    scalar = false;
    at += token.length;
  }
  return found;
}

/** Whether a comment begins between two places. */
export const hasComment = (text: string, from: number, to: number): boolean =>
  commentsIn(text).some((at) => at >= from && at < to);
