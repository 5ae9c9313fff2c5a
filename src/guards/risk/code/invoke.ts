import { applyClosure } from './closures.ts';
import { COMPUTED, canonical, itemsOf, member } from './lookup.ts';
import { hide, type Machine } from './machine.ts';
import { below, binary } from './operators.ts';
import { FUNCTIONS } from './pure/functions.ts';
import { METHODS } from './pure/methods.ts';
import { report } from './report.ts';
import { type CallTable, entriesOf } from './table.ts';
import { choice, list, named, textOf, UNKNOWN, type Closure, type Named, type Value } from './value.ts';

/** Functions that name a function given to them and do not call it. */
const INERT =
  /^(?:print|callable|type|repr|id|hasattr|isinstance|console\.\w+|typeof|puts|p|inspect\.\w+|var_dump|is_callable|function_exists|method_exists|defined)$/;
const HARMLESS = new Set(['read', 'fetch', 'database', 'wipe']);
const LOADS =
  /^(?:__import__|importlib\.import_module|require|import|process\.mainModule\.require|module\.require|createRequire\(\)|module\.createRequire\(\)|require\.main\.require|process\.getBuiltinModule|Deno|load_module|(?:.*\._load))$/;
const GETS = /^(?:getattr|Reflect\.get|operator\.getitem)$/;
const SENDS =
  /(?:^|\.)(?:send|__send__|public_send|method|instance_method|public_method|const_get|methodcaller|attrgetter|can|getattribute|__getattribute__|__getattr__)$/;
const CALLS_ON =
  /(?:^|\.)(?:call|apply|bind|__call__|call_user_func|call_user_func_array|partial|Reflect\.apply|tap|then|to_proc|pcall|xpcall)$/;
const ITERATES =
  /\.(?:forEach|each|map|flatMap|each_with_index|filter|select|collect|every|some|find|each_slice|flat_map)$/;
const CODE_CONSTRUCTOR = /\.constructor(?:\(\))?$/;

/** Calls functions, and notes those that the table knows. */
export const invoker =
  (table: CallTable): Machine['invoke'] =>
  (m, callee, args, from, to) => {
    if (callee.kind === 'choice') return choice(callee.of.map((one) => m.invoke(m, one, args, from, to)));
    if (callee.kind === 'closure') return entered(m, callee, args);
    if (callee.kind === 'text' && m.traits.textCalls)
      return m.invoke(m, named(canonical(m, callee.text)), args, from, to);
    if (callee.kind === 'text' && m.language === 'ruby') return UNKNOWN;
    if (callee.kind !== 'named') {
      passed(m, table, callee, args, from, to);
      if (
        callee.kind === 'unknown' &&
        m.traits.textCalls &&
        /^[$&"'(]/.test(m.tokens[from]?.text ?? '') &&
        isDynamic(m, from)
      )
        hide(m, 'calls a function whose name it computes');
      return UNKNOWN;
    }
    if (callee.name === COMPUTED) hide(m, 'calls a function whose name it computes');
    const evidence = m.source.slice(m.tokens[from]?.start ?? 0, m.tokens[Math.max(from, to - 1)]?.end ?? 0);
    const entries = entriesOf(table, callee.name, m.opened);
    for (const entry of entries) report(m, entry, callee, args, evidence);
    if (entries.length === 0) passed(m, table, callee, args, from, to);
    return (
      reflected(m, callee, args, from, to) ??
      folded(m, callee, args, from, to) ??
      named(`${callee.name}()`, callee.of, args)
    );
  };

const ENTERED = 5;

/** A call within calls, or of a function within itself, is not followed: its body is read for any argument instead. */
function entered(m: Machine, callee: Closure, args: readonly Value[]): Value {
  if (!m.active.has(callee) && m.active.size < ENTERED) return applyClosure(m, callee, args);
  if (!m.read.has(callee)) m.uncalled.add(callee);
  return UNKNOWN;
}

/** `$f(…)`: the name itself is in a variable. */
const isDynamic = (m: Machine, from: number): boolean =>
  m.tokens[from + 1]?.text === '(' || m.tokens[from + 1]?.text === '->';

/** A function that is handed to another is taken to be called, with what is handed along. */
function passed(
  m: Machine,
  table: CallTable,
  callee: Value,
  args: readonly Value[],
  from: number,
  to: number,
): void {
  if (callee.kind === 'named' && (INERT.test(callee.name) || CALLS_ON.test(callee.name))) return;
  for (const arg of args) {
    if (arg.kind !== 'named' || arg.name.endsWith('()')) continue;
    const entries = table.functions.get(arg.name)?.filter((entry) => !HARMLESS.has(entry.kind)) ?? [];
    if (entries.length === 0) continue;
    const given = [
      ...args.filter((other) => other !== arg && other.kind === 'list'),
      ...(callee.kind === 'named' && callee.of?.kind === 'list' ? [callee.of] : []),
    ];
    const evidence = m.source.slice(m.tokens[from]?.start ?? 0, m.tokens[Math.max(from, to - 1)]?.end ?? 0);
    const items = given.flatMap((one) => itemsOf(one) ?? []);
    for (const entry of entries)
      for (const item of items.length === 0 ? [UNKNOWN] : items) report(m, entry, arg, [item], evidence);
  }
}

/** Modules by name, members by name, functions called through others. */
function reflected(
  m: Machine,
  callee: Named,
  args: readonly Value[],
  from: number,
  to: number,
): Value | undefined {
  const { name } = callee;
  const [first = UNKNOWN, second = UNKNOWN] = args;
  if (LOADS.test(name) && m.language !== 'ruby' && m.language !== 'perl' && m.language !== 'php') {
    const module = textOf(first);
    if (module === null) hide(m, 'loads a module whose name it computes');
    return module === null ? UNKNOWN : named(canonical(m, module.replace(/^node:/, '').replaceAll('/', '.')));
  }
  if (GETS.test(name)) return got(m, first, second);
  if (SENDS.test(name) && m.language !== 'javascript') return sent(m, callee, args, from, to);
  if (CALLS_ON.test(name)) return calledOn(m, callee, args, from, to);
  if (CODE_CONSTRUCTOR.test(name) && args.length > 0)
    return m.invoke(m, named(m.language === 'javascript' ? 'Function' : 'eval'), args, from, to);
  return undefined;
}

function got(m: Machine, of: Value, key: Value): Value {
  const name = textOf(key);
  if (name !== null) return member(m, of, name, null);
  return of.kind === 'named' && !of.name.includes('?') && !/^self\b/.test(of.name)
    ? named(COMPUTED)
    : UNKNOWN;
}

/** Ruby's `send(:name, …)` and its kin. */
function sent(
  m: Machine,
  callee: Named,
  args: readonly Value[],
  from: number,
  to: number,
): Value | undefined {
  const [first = UNKNOWN, ...rest] = args;
  const name = textOf(first);
  const word = callee.name.slice(callee.name.lastIndexOf('.') + 1);
  if (name === null) {
    if (m.language === 'ruby' && word !== 'can') hide(m, 'calls a function whose name it computes');
    return undefined;
  }
  const target = callee.of === null ? named(canonical(m, name)) : member(m, callee.of, name, null);
  if (!word.endsWith('send')) return target;
  return m.invoke(m, target, rest, from, to);
}

/** `f.call(this, x)`, `call_user_func('f', x)`, `promise.then(f)`. */
function calledOn(
  m: Machine,
  callee: Named,
  args: readonly Value[],
  from: number,
  to: number,
): Value | undefined {
  const word = callee.name.slice(callee.name.lastIndexOf('.') + 1);
  const [first = UNKNOWN, ...rest] = args;
  if (word === 'then') {
    if (callee.of === null) return undefined;
    return first.kind === 'closure' || first.kind === 'named'
      ? m.invoke(m, first, [callee.of], from, to)
      : UNKNOWN;
  }
  const isFunction = callee.of === null || callee.name === 'Reflect.apply' || word === 'partial';
  const target = isFunction ? first : callee.of;
  const given = isFunction ? rest : m.language === 'javascript' ? rest : args;
  if (target === null || (target.kind !== 'named' && target.kind !== 'closure' && target.kind !== 'text'))
    return undefined;
  const last = given.at(-1);
  const spreads = (word === 'apply' || word === 'call_user_func_array') && last?.kind === 'list';
  return m.invoke(m, target, spreads ? last.items : given, from, to);
}

/** What functions without effects return. */
function folded(
  m: Machine,
  callee: Named,
  args: readonly Value[],
  from: number,
  to: number,
): Value | undefined {
  const { name, of } = callee;
  if (name === 'map' || name === 'array_map' || name === 'filter') {
    const [first = UNKNOWN, second = UNKNOWN] = args;
    return mapped(m, first, second, from, to);
  }
  if (of !== null && ITERATES.test(name)) {
    const [first] = args;
    if (first !== undefined)
      return mapped(m, first.kind === 'text' ? named(`?.${first.text}`) : first, of, from, to);
  }
  if (of !== null && (of.kind !== 'named' || of.name.endsWith('()'))) {
    const method = METHODS.get(name.slice(name.lastIndexOf('.') + 1));
    if (method !== undefined && of.kind !== 'named')
      return choice(alternativesOf(of).map((one) => method(one, args)));
  }
  if (of?.kind === 'named' && of.name.endsWith('Path()')) {
    if (name.endsWith('.iterdir')) return below(of, '*');
    if (/\.r?glob$/.test(name)) return below(of, textOf(args[0]) ?? '*');
    if (name.endsWith('.joinpath')) return args.reduce<Value>((base, one) => binary(m, '/', base, one), of);
    if (/\.(?:expanduser|resolve|absolute)$/.test(name)) return of;
  }
  if (/^Object\.(?:values|entries)$/.test(name) && args[0]?.kind === 'named') return named(COMPUTED);
  const fold = FUNCTIONS.get(name);
  if (fold === undefined) return undefined;
  return fold(args);
}

const alternativesOf = (value: Value): readonly Value[] => (value.kind === 'choice' ? value.of : [value]);

const ROUNDS = 1000;

function mapped(m: Machine, each: Value, over: Value, from: number, to: number): Value {
  const items = itemsOf(over);
  if (
    items === null ||
    items.length > ROUNDS ||
    (each.kind !== 'closure' && each.kind !== 'named' && each.kind !== 'text')
  )
    return UNKNOWN;
  return list(
    items.map((item) => {
      const isMethod = each.kind === 'named' && each.name.startsWith('?.');
      return m.invoke(m, isMethod ? named(each.name, item) : each, isMethod ? [] : [item], from, to);
    }),
  );
}
