import type { Word } from 'unbash';
import type { Scope } from './scope.ts';
import { HOLE, isKnown, type Value } from './value.ts';

/** A run of a word after its expansion, before it is split into fields. */
export interface Piece {
  /**
   * quoted: stands as it is, even where empty; written: unquoted in the line; expanded: out of an unquoted expansion,
   * and split; words: no word or several, unknown; break: the end of a field.
   */
  readonly kind: 'quoted' | 'written' | 'expanded' | 'words' | 'break';
  readonly text: string;
  readonly from: number;
  readonly number?: boolean;
  /** True of what a command prints. */
  readonly printed?: boolean;
}

/** How a text is expanded: `operand` is the unquoted operand of an expansion that is split. */
export type Mode = 'fields' | 'operand' | 'single' | 'quoted';

/** What parameters and arithmetic need in order to expand the words within them. */
export interface Expander {
  readonly scope: Scope;
  word(word: Word, mode: Mode): Piece[];
  /** The same for words of which nobody can tell whether bash expands them. */
  doubtful(): Expander;
}

export const quoted = (text: string, from = 0): Piece => ({ kind: 'quoted', text, from });

export const words = (from: number): Piece => ({ kind: 'words', text: HOLE, from });

export const BREAK: Piece = { kind: 'break', text: '', from: 0 };

/** The piece that an expansion becomes. A number cannot be empty or fall apart, known or not. */
export function expanded(value: Value, mode: Mode): Piece {
  const { text, from } = value;
  const number = value.number === true && !isKnown(value);
  if (number) return { kind: 'quoted', text, from, number };
  return { kind: mode === 'quoted' ? 'quoted' : 'expanded', text, from };
}

export const fromOf = (pieces: readonly { readonly from: number }[]): number =>
  pieces.reduce((sum, piece) => sum | piece.from, 0);
