import { fromOf, type Piece } from './piece.ts';
import type { Scope } from './scope.ts';
import { HOLE, unknown, type Value } from './value.ts';

/** A longer text is not followed. */
export const LONGEST = 65_536;

/** Unquoted characters that make a pattern of a word; a quoted character stands in the text as NUL. */
const PATTERN = /[*?]|\[.*[\]\u{FFFC}]|[@!+]\(/su;

/** The characters that split words; null where they cannot be known. */
export function separatorsOf(scope: Scope): string | null {
  const held = scope.get('IFS');
  if (held === undefined) return ' \t\n';
  const value = 'text' in held ? held : held.get('0');
  if (value === undefined) return ' \t\n';
  return value.text.includes(HOLE) ? null : value.text;
}

/** The text, or a hole where it is too long. */
export const capped = (value: Value): Value => (value.text.length > LONGEST ? unknown(value.from) : value);

/** The pieces as one text that is not split. */
export function join(pieces: readonly Piece[]): Value {
  const field = new Field();
  for (const piece of pieces)
    field.add(piece.kind === 'break' ? { ...piece, text: ' ', kind: 'quoted' } : piece);
  return { ...field.value(), splits: pieces.some((piece) => piece.kind === 'words') };
}

/** The pieces as fields. */
export function split(pieces: readonly Piece[], separators: string | null): Value[] {
  const fields: Value[] = [];
  let field: Field | null = null;
  /** A blank has just ended a field, so that a separator that follows belongs to the same gap. */
  let blank = false;
  const end = (): void => {
    if (field !== null) fields.push(field.value());
    field = null;
  };
  for (const piece of pieces) {
    if (piece.kind === 'break') {
      end();
      blank = false;
    } else if (piece.kind !== 'expanded' || separators === null) {
      if (piece.text === '' && piece.kind !== 'quoted') continue;
      field ??= new Field();
      field.add(
        separators === null && piece.kind === 'expanded' ? { ...piece, kind: 'words', text: HOLE } : piece,
      );
      blank = false;
    } else {
      for (const run of runs(piece.text, separators)) {
        if (!separators.includes(run)) {
          field ??= new Field();
          field.add({ ...piece, text: run });
          blank = false;
        } else if (/[ \t\n]/.test(run)) {
          blank ||= field !== null;
          end();
        } else {
          if (field === null && !blank) field = new Field();
          end();
          blank = false;
        }
      }
    }
  }
  end();
  return fields;
}

/** The separators one by one, and what stands between them. */
function runs(text: string, separators: string): string[] {
  const found: string[] = [];
  let run = '';
  for (const char of text) {
    if (separators.includes(char)) {
      if (run !== '') found.push(run);
      found.push(char);
      run = '';
    } else run += char;
  }
  if (run !== '') found.push(run);
  return found;
}

/** A field as it grows. */
class Field {
  private text = '';
  private active = '';
  private splits = false;
  private readonly pieces: { from: number }[] = [];
  private holes = { numbers: 0, others: 0 };

  add(piece: Piece): void {
    const { kind, text } = piece;
    const hole = text.includes(HOLE);
    this.pieces.push({ from: piece.from });
    if (hole) this.holes[piece.number === true ? 'numbers' : 'others'] += 1;
    if (kind === 'words' || (kind === 'expanded' && hole)) this.splits = true;
    if (this.text.length > LONGEST) return;
    this.text += text;
    this.active += kind === 'quoted' ? '\0' : text;
  }

  value(): Value {
    const from = fromOf(this.pieces);
    if (this.text.length > LONGEST) return { ...unknown(from), splits: this.splits };
    const value = { text: this.text, glob: PATTERN.test(this.active), splits: this.splits, from };
    return this.holes.numbers > 0 && this.holes.others === 0 ? { ...value, number: true } : value;
  }
}
