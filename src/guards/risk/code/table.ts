import type { CallEntry, Calls } from '../../../registry/call-entry.ts';

/** What a language's functions do, ready to be looked up. */
export interface CallTable {
  /** By full name. */
  readonly functions: ReadonlyMap<string, readonly CallEntry[]>;
  /** By the name of a method, whatever it belongs to. */
  readonly methods: ReadonlyMap<string, readonly CallEntry[]>;
}

export function callTable(calls: Calls, language: string): CallTable {
  const functions = new Map<string, CallEntry[]>();
  const methods = new Map<string, CallEntry[]>();
  for (const entry of calls.get(language) ?? [])
    for (const name of entry.names) {
      const isMethod = name.startsWith('*.');
      const [map, key] = isMethod ? [methods, name.slice(2)] : [functions, name];
      map.set(key, [...(map.get(key) ?? []), entry]);
    }
  return { functions, methods };
}

/** The entries for a full name. */
export function entriesOf(table: CallTable, name: string, opened: readonly string[]): readonly CallEntry[] {
  const exact = table.functions.get(name);
  if (exact !== undefined) return exact;
  for (const module of opened) {
    const found = table.functions.get(`${module}.${name}`);
    if (found !== undefined) return found;
  }
  const dot = name.lastIndexOf('.');
  return dot === -1 ? [] : (table.methods.get(name.slice(dot + 1)) ?? []);
}
