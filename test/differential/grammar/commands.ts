import type { Dice } from '../../helpers/dice.ts';
import { type Fragment, wordFor } from './quoting.ts';
import { aFile, aFolder, fromRoot, written } from './targets.ts';

/**
 * A command as a template: words and operators apart by spaces, or a list of words. `{F}` is a file and `{D}` a
 * folder, written in any way; `{f}` and `{d}` are the same as plain paths within a word.
 */
export type Template = string | readonly string[];

const OPERATOR = /^(\d*(>|>>|<|>\||&>|&>>|>&|<>|<<<)|\||\|&|;|&&|\|\||\{|\}|\(|\)|2>&1)$/;

const isOperator = (token: string): boolean => OPERATOR.test(token);

/** One word of a redirect: bash refuses a pattern or braces there. */
const redirects = (token: string | undefined): boolean =>
  token !== undefined && /[<>]/.test(token) && isOperator(token);

const tokensOf = (template: Template): readonly string[] =>
  typeof template === 'string' ? template.split(' ') : template;

/** The programs that must be there for it to do anything. */
export function needs(template: Template): string[] {
  const tokens = tokensOf(template);
  return tokens.filter(
    (token, i) => (i === 0 || /^(\||;|&&)$/.test(tokens[i - 1] ?? '')) && /^[a-z]\w*$/.test(token),
  );
}

export interface Tricks {
  /** How often a word is quoted in an odd way. */
  readonly words: number;
  /** How often a path is written in an odd way. */
  readonly paths: number;
}

export interface Filled {
  readonly fragment: Fragment;
  /** The words of a simple command without redirects, quoted each by itself; null for any other. */
  readonly words: readonly string[] | null;
}

export function fill(template: Template, dice: Dice, tricks: Tricks): Filled {
  const [file, folder] = [aFile(dice), aFolder(dice)];
  const tokens = tokensOf(template);
  let posix = true;
  const texts = tokens.map((token, i) => {
    if (typeof template === 'string' && isOperator(token)) {
      if (/^(&>|&>>|>&|\|&|<<<)$/.test(token)) posix = false;
      return token;
    }
    const path = token === '{F}' ? file : token === '{D}' ? folder : null;
    const spelt =
      path === null
        ? {
            text: token.replaceAll('{f}', fromRoot(file)).replaceAll('{d}', fromRoot(folder)),
            raw: false,
            posix: true,
          }
        : written(path, dice, { tricks: tricks.paths, one: redirects(tokens[i - 1]) });
    const asWord = spelt.raw ? spelt : wordFor(spelt.text, dice, tricks.words);
    if (!asWord.posix) posix = false;
    return asWord.text;
  });
  const operators = typeof template === 'string' ? tokens.filter(isOperator) : [];
  const simple =
    operators.every((token) => redirects(token)) && !/^(exec|:|cd|set|\{|\()$/.test(tokens[0] ?? '');
  return {
    fragment: { text: texts.join(' '), simple, posix },
    words: simple && operators.length === 0 ? texts : null,
  };
}
