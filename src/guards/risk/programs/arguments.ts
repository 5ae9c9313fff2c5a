import type { Program } from '../../../registry/commands.ts';
import { HOLE, type Value } from '../shell/value.ts';

/** A command's arguments, sorted. */
export interface Arguments {
  /** Every option given, by its full name (`-r`, `--recursive`, `of=`), with its values; null for one without a value. */
  readonly options: ReadonlyMap<string, readonly (Value | null)[]>;
  readonly operands: readonly Value[];
  /** Words that may turn out to be options: an unknown text, or a pattern that fits a file named like one. */
  readonly open: readonly Value[];
}

/** What options were given, by any of their names. */
export const valuesOf = ({ options }: Arguments, ...names: string[]): Value[] =>
  names.flatMap((name) => options.get(name) ?? []).filter((value) => value !== null);

type Spec = Program['options'];

/** Sorts arguments the way the program itself does (getopt_long's rules for `gnu`). */
export function parseArguments(args: readonly Value[], spec: Spec): Arguments {
  if (spec.style === 'none') return { options: new Map(), operands: args, open: [] };
  const sorter = new Sorter(args, spec);
  sorter.sort();
  return sorter;
}

class Sorter implements Arguments {
  readonly options = new Map<string, (Value | null)[]>();
  readonly operands: Value[] = [];
  readonly open: Value[] = [];
  private readonly args: readonly Value[];
  private readonly spec: Spec;
  private readonly valued: ReadonlySet<string>;
  private next = 0;

  constructor(args: readonly Value[], spec: Spec) {
    this.args = args;
    this.spec = spec;
    this.valued = new Set(spec.valued);
  }

  sort(): void {
    for (let arg = this.take(); arg !== undefined; arg = this.take()) {
      const { text } = arg;
      if (this.spec.style === 'keys') this.key(arg);
      else if (text === '--') return void this.operands.push(...this.args.slice(this.next));
      else if (text.startsWith('-') && text !== '-') this.option(arg);
      else {
        if (text.startsWith(HOLE) || (arg.glob && /^[*?[]/.test(text))) this.open.push(arg);
        this.operands.push(arg);
        if (this.spec.stop) return void this.operands.push(...this.args.slice(this.next));
      }
    }
  }

  private take(): Value | undefined {
    return this.args[this.next++];
  }

  private add(name: string, value: Value | null): void {
    const values = this.options.get(name);
    if (values === undefined) this.options.set(name, [value]);
    else values.push(value);
  }

  private key(arg: Value): void {
    const at = arg.text.indexOf('=');
    if (at < 0) this.operands.push(arg);
    else this.add(arg.text.slice(0, at + 1), { ...arg, text: arg.text.slice(at + 1) });
  }

  private option(arg: Value): void {
    if (arg.text.startsWith('--') || this.spec.style === 'words') return this.long(arg);
    this.cluster(arg);
  }

  private long(arg: Value): void {
    const at = arg.text.indexOf('=');
    const name = this.full(at < 0 ? arg.text : arg.text.slice(0, at));
    if (at >= 0) this.add(name, { ...arg, text: arg.text.slice(at + 1) });
    else if (this.valued.has(name)) this.add(name, this.take() ?? null);
    else this.add(name, null);
  }

  /** The option that an abbreviation stands for. */
  private full(name: string): string {
    if (this.spec.style === 'words' || this.valued.has(name) || this.spec.long.includes(name)) return name;
    const fits = (option: string): boolean => option.startsWith(name) && option.startsWith('--');
    return this.spec.long.find(fits) ?? this.spec.valued.find(fits) ?? name;
  }

  /** `-rf`, `-n5`, `-o file`: one letter after the other until one takes the rest. */
  private cluster(arg: Value): void {
    if (this.valued.has(arg.text)) return this.add(arg.text, this.take() ?? null);
    const letters = Array.from(arg.text.slice(1));
    for (const [i, letter] of letters.entries()) {
      if (letter === HOLE) return void this.open.push(arg);
      const name = `-${letter}`;
      if (!this.valued.has(name)) {
        this.add(name, null);
        continue;
      }
      const rest = letters.slice(i + 1).join('');
      return this.add(name, rest === '' ? (this.take() ?? null) : { ...arg, text: rest });
    }
  }
}
