import type { Calls } from '../../../registry/call-entry.ts';
import { awkExpression, awkStatements } from './awk.ts';
import { applyClosure } from './closures.ts';
import { expression } from './expression.ts';
import type { CodeScan, Language } from './finding.ts';
import { invoker } from './invoke.ts';
import { lex } from './lex.ts';
import { hide, type Machine } from './machine.ts';
import { scanPowershell } from './powershell.ts';
import { shellLike } from './shell-like.ts';
import { statements } from './statements.ts';
import { callTable } from './table.ts';
import { type Expressive, TRAITS } from './traits.ts';
import { UNKNOWN, type Value } from './value.ts';

export interface CodeScanner {
  /** What the code would do; `args` are the script's own arguments, null where one cannot be known. */
  readonly scanCode: (language: Language, code: string, args?: readonly (string | null)[]) => CodeScan;
}

const LONGEST = 65_536;

/** Reads the table of calls once, for any number of scans. */
export function openScanner(calls: Calls): CodeScanner {
  const powershell = callTable(calls, 'powershell');
  const invokers = new Map<Expressive, Machine['invoke']>();
  const invokeFor = (language: Expressive): Machine['invoke'] => {
    const invoke = invokers.get(language) ?? invoker(callTable(calls, language));
    invokers.set(language, invoke);
    return invoke;
  };
  return {
    scanCode(language, code, args = []) {
      if (code.length > LONGEST) return { findings: [], hidden: 'the code is too long' };
      if (language === 'powershell') return scanPowershell(code, powershell);
      return scan(language, code, args, invokeFor(language));
    },
  };
}

function scan(
  language: Expressive,
  source: string,
  args: readonly (string | null)[],
  invoke: Machine['invoke'],
): CodeScan {
  const traits = TRAITS[language];
  const { tokens, broken } = lex(source, traits.syntax);
  const first = run(new Map());
  // What may be assigned later, and used before in a loop, is known from the start the second time.
  const wavering = [...first.wavering].filter((name) => first.variables.get(name)?.kind === 'choice');
  const kept = wavering.map((name) => [name, first.variables.get(name) ?? UNKNOWN] as const);
  const { findings, hidden } = kept.length === 0 ? first : run(new Map(kept));
  return { findings, hidden: broken ?? hidden ?? shellLike(language, tokens) };

  function run(variables: Map<string, Value>): Machine {
    const m: Machine = {
      language,
      traits,
      source,
      args,
      variables,
      opened: [],
      uncalled: new Set(),
      read: new Set(),
      active: new Set(),
      findings: [],
      hidden: null,
      tokens,
      at: 0,
      end: tokens.length,
      place: null,
      straight: variables.size === 0,
      returned: null,
      wavering: new Set(),
      fuel: 20_000 + tokens.length * 20,
      depth: 0,
      invoke,
      statements: language === 'awk' ? awkStatements : statements,
      expression: language === 'awk' ? awkExpression : expression,
    };
    m.statements(m);
    for (const closure of m.uncalled) {
      m.read.add(closure);
      applyClosure(m, closure, []);
    }
    if (m.fuel < 0) hide(m, 'the code is too long to follow');
    return m;
  }
}
