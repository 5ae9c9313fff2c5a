import { type EnvFile, type Statement, unescaped } from '../../../core/env-file.ts';
import { MASK } from '../../../core/secrets.ts';
import type { Place } from '../document/value.ts';
import { type Variable, interpolate } from './interpolate.ts';
import { type Finding, finding } from './problem.ts';
import type { Read } from './reading.ts';

export type Lookup = (name: string) => Variable | undefined;

/** A variable, and where it is set. */
export interface Assigned extends Variable {
  readonly place: Place;
}

/** Adds what an env file sets to what is known, each value filled in from `outer` and then from what stands before it. */
function fill(
  { statements, broken }: EnvFile,
  file: string,
  known: Map<string, Assigned>,
  outer: Lookup,
  findings: Finding[],
): void {
  const placeOf = (line: number): Place => ({ file, line, column: 1 });
  if (broken !== null)
    findings.push(
      finding(
        'bad_env_file',
        'error',
        placeOf(broken),
        'Compose does not take this line, nor the file with it: write NAME=VALUE, and close quotes.',
      ),
    );
  const lookup: Lookup = (name) => outer(name) ?? known.get(name);
  for (const statement of statements) {
    const place = placeOf(statement.line);
    const value = filledIn(statement, lookup, place, findings);
    if (value !== undefined) known.set(statement.name, { ...value, place });
  }
}

function filledIn(
  statement: Statement,
  lookup: Lookup,
  place: Place,
  findings: Finding[],
): Variable | undefined {
  const { name, raw, quote } = statement;
  // A name alone takes its value from outside, and is nothing where nothing sets it there.
  if (raw === null) return lookup(name);
  if (quote === "'") return { value: raw, hidden: false };
  const { text, hidden, unset, broken } = interpolate(unescaped(statement), lookup);
  // The name after the dollar is not told: in a file of secrets it may be half of one.
  const mend = 'write $$ or single quotes where the character is meant';
  if (broken)
    findings.push(finding('bad_variable', 'error', place, `${name}: a $ that begins no variable; ${mend}.`));
  if (unset.length > 0) {
    const required = unset.some((one) => one.required);
    const then = required ? 'Compose refuses to start' : 'it becomes an empty text';
    const message = `${name}: a $ before the name of what nothing sets, so that ${then}; ${mend}.`;
    findings.push(finding('unset_variable', required ? 'error' : 'warning', place, message));
  }
  return { value: text, hidden };
}

/** What an env file sets, masked where it is hidden. */
export function setBy(read: Read, known: Map<string, Assigned>, outer: Lookup, findings: Finding[]): void {
  if (!read.hidden) fill(read.content, read.file, known, outer, findings);
  else
    for (const [name, line] of read.names)
      known.set(name, { value: MASK, hidden: true, place: { file: read.file, line, column: 1 } });
}
