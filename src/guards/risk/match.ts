import picomatch from 'picomatch';
import type { CommandRule, PathRule } from '../../registry/rules.ts';
import type { Arg, SimpleCommand } from './parse.ts';

/** Folders whose programs are what their name says; anywhere else a name proves nothing. */
const SYSTEM_FOLDERS = /^\/(usr\/(local\/)?)?s?bin\/([^/]+)$/;

const UNKNOWN = '\u{FFFD}';
const BLANK = '\u{2423}';

/** An argument as rules see it: a blank inside it is none between arguments, and a pattern may become an option. */
const shown = ({ value, glob }: Arg): string => {
  if (value === null) return UNKNOWN;
  const written = value.replaceAll(/\s/g, BLANK);
  return glob && /^[*?[]/.test(value) ? UNKNOWN + written : written;
};

/** The program's name as rules know it; null where it is not known or stands in no system folder. */
export function programOf(command: SimpleCommand): string | null {
  const name = command.name?.value ?? null;
  if (name === null) return null;
  if (!name.includes('/')) return name;
  return SYSTEM_FOLDERS.exec(name)?.[3] ?? null;
}

/** The rules that know this command; where none does, those that look at its text. */
export function commandRules(
  command: SimpleCommand,
  rules: readonly CommandRule[],
): { known: boolean; rules: CommandRule[] } {
  const program = programOf(command);
  const args = command.args.map(shown).join(' ');
  const knowing = rules.filter(
    (rule) => program !== null && rule.program?.includes(program) && (rule.args?.test(args) ?? true),
  );
  if (knowing.length > 0) return { known: true, rules: knowing };
  const text = rules.filter(
    (rule) => rule.text?.test(command.source) || rule.text?.test(`${program ?? ''} ${args}`),
  );
  return { known: false, rules: text };
}

const compiled = new WeakMap<PathRule, (path: string) => boolean>();

/** Whether a path, relative to its root, is one that the rule speaks of. */
export function pathMatches(rule: PathRule, relativePath: string): boolean {
  let matches = compiled.get(rule);
  if (matches === undefined) {
    matches = picomatch(rule.glob, { dot: true, nocase: true, ignore: rule.except });
    compiled.set(rule, matches);
  }
  return matches(relativePath);
}
