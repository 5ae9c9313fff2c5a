import type { CallData } from './calls.ts';

/** What calls of some functions do, ready to be used. */
export interface CallEntry extends Omit<CallData, 'when' | 'on' | 'trim'> {
  readonly when: (Omit<NonNullable<CallData['when']>, 'is'> & { readonly is: RegExp }) | undefined;
  readonly on: RegExp | undefined;
  readonly trim: RegExp | undefined;
}

/** What the functions of each language do, by the language's name. */
export type Calls = ReadonlyMap<string, readonly CallEntry[]>;
