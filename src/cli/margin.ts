import { visible } from '../core/visible.ts';

/** Stands before each line that is not homeostat's own. */
const BAR = '│ ';
const TAB = 8;
/** Where the terminal does not say how wide it is. */
const COLUMNS = 80;
/** As many as are let stand on one letter. */
const ENDING_MARKS = /\p{M}{0,3}$/u;

/** Where it is shown; a person may make a terminal wider or narrower at any time. */
interface Shown {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Sets a model's words behind a bar, line by line, also where a terminal would break a line by itself: whatever the
 * model says, it never begins at the left edge, where homeostat asks and reports.
 */
export class Margin {
  readonly #stream: Shown;
  #column = 0;
  /** Marks at the end of what came last: more may be piled on them in the next piece. */
  #marks = '';

  constructor(stream: Shown) {
    this.#stream = stream;
  }

  /** As wide as the terminal is now; where nothing is shown on one, lines are left as long as they are. */
  get #columns(): number {
    const { isTTY, columns = 0 } = this.#stream;
    return isTTY === true ? columns || COLUMNS : Infinity;
  }

  /** The next of its words, in whatever pieces they come. */
  words(text: string): string {
    let out = '';
    const shown = visible(this.#marks + text).slice(visible(this.#marks).length);
    this.#marks = ENDING_MARKS.exec(this.#marks + text)?.[0] ?? '';
    for (const sign of shown) {
      if (sign === '\n') {
        out += this.#column === 0 ? `${BAR}\n` : '\n';
        this.#column = 0;
        continue;
      }
      // Which signs are wide differs among terminals: whatever is not plain may be.
      const width = sign === '\t' ? TAB : sign < '\u007f' ? 1 : 2;
      if (this.#column + width >= this.#columns) {
        out += '\n';
        this.#column = 0;
      }
      if (this.#column === 0) {
        out += BAR;
        this.#column = BAR.length;
      }
      out += sign;
      this.#column += width;
    }
    return out;
  }

  /** A line of homeostat's own in which a model's words may stand, after `before`; what does not fit goes behind the bar. */
  line(before: string, words = ''): string {
    const end = this.end();
    this.#column = before.length;
    return `${end}${before}${this.words(words)}${this.end()}`;
  }

  /** Ends a line that was begun. */
  end(): string {
    const open = this.#column > 0;
    this.#column = 0;
    this.#marks = '';
    return open ? '\n' : '';
  }
}
