import type { CodeFinding, Language } from '../code/finding.ts';
import type { Engine } from '../programs/engine.ts';
import { FROM, HOLE, type Value, known, unknown } from './value.ts';

/** Reports what a call in code of another language does, in the words of the shell that runs it. */
export function reportFinding(finding: CodeFinding, language: Language, home: string, engine: Engine): void {
  const isPath = ON_PATHS.has(finding.kind);
  const paths = finding.texts.map((text) => (isPath ? pathOf(text, home) : valueOf(text)));
  const { kind, recursive } = finding;
  switch (kind) {
    case 'delete':
      return paths.forEach((path) => engine.found({ kind, path, recursive, reason: 'Its code deletes.' }));
    case 'write':
      return paths.forEach((path) => engine.found({ kind: 'overwrite', path, reason: 'Its code writes.' }));
    case 'read':
    case 'chmod':
      return paths.forEach((path) => engine.found({ kind, path, recursive }));
    case 'kill':
      return engine.found({
        kind: 'kill',
        resource: shown(finding),
        level: 'HIGH',
        reason: 'Its code ends processes.',
        reversibility: 'irreversible',
      });
    case 'shell':
      return paths.forEach((line) => void engine.code('shell', line, { stdin: null }));
    case 'command':
      return void engine.command(paths, { stdin: null });
    case 'code':
      return paths.forEach((code) => void engine.code(language, code, { stdin: null }));
    case 'database':
      return paths.forEach((sql) => void engine.code('sql', sql));
    case 'wipe':
      return engine.found({
        kind: 'cloud_loss',
        resource: shown(finding),
        level: 'HIGH',
        reason: 'Its code empties or drops what it manages.',
        reversibility: 'irreversible',
      });
    case 'fetch':
    case 'send':
      return engine.found({
        kind: 'network',
        resource: shown(finding),
        level: 'MEDIUM',
        reason: 'Its code talks to another machine.',
        reversibility: 'irreversible',
      });
  }
}

const ON_PATHS = new Set(['delete', 'write', 'read', 'chmod']);

const valueOf = (text: string | null): Value => (text === null ? unknown(FROM.input) : known(text));

/** A path as a scan writes it: `~` is the home folder, `*` what a folder holds. */
function pathOf(text: string | null, home: string): Value {
  if (text === null) return unknown(FROM.input);
  const whole = text === '~' || text.startsWith('~/') ? home + text.slice(1) : text;
  return { ...known(whole), glob: /[*?]/.test(whole) };
}

const shown = ({ texts }: CodeFinding): string => texts.map((text) => text ?? HOLE).join(' ');
