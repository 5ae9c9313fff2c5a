import { parse, type DoubleQuotedChild, type ParameterExpansionPart, type Word, type WordPart } from 'unbash';
import { evaluate } from './arithmetic.ts';
import { atoms, type Atom, type Part } from './atoms.ts';
import { braces } from './braces.ts';
import { doubtful } from './doubtful.ts';
import { parameter } from './parameter.ts';
import { expanded, fromOf, quoted, type Expander, type Mode, type Piece } from './piece.ts';
import type { Scope } from './scope.ts';
import { capped, join, separatorsOf, split } from './split.ts';
import { tildes } from './tilde.ts';
import { HOLE, unknown, type Value } from './value.ts';

/** What an argument becomes. */
export function fields(word: Word, scope: Scope): Value[] {
  const whole = atoms(word);
  const results = braces(whole);
  if (results === null) {
    const from = fromOf(expandAtoms(whole, 'fields', doubtful(scope)));
    return [{ ...unknown(from), splits: true, glob: true }];
  }
  const ifs = separatorsOf(scope);
  return results.flatMap((result) =>
    split(expandAtoms(tildes(result, scope, false, results.length === 1), 'fields', scope), ifs),
  );
}

/** What a word becomes that is not split, as in an assignment or behind a redirection. */
export const single = (word: Word, scope: Scope): Value =>
  join(expandAtoms(tildes(atoms(word), scope, true), 'single', scope));

/** What the body of a here-document becomes. */
export const text = (parts: readonly WordPart[], scope: Scope): Value => ({
  ...join(quotedParts(parts, scope)),
  glob: false,
});

/** The result of `((body))`. */
export const arithmetic = (body: string, scope: Scope, source: string): Value =>
  evaluate(arithmeticPieces(body, scope), scope, source);

const expander = (scope: Scope): Expander => ({
  scope,
  doubtful: () => expander(doubtful(scope)),
  word: (word, mode) =>
    mode === 'quoted'
      ? quotedParts(word.parts ?? [], scope, word.value)
      : expandAtoms(tildes(atoms(word), scope, false), mode, scope),
});

function expandAtoms(word: readonly Atom[], mode: Mode, scope: Scope): Piece[] {
  const pieces: Piece[] = [];
  const kind = mode === 'operand' ? 'expanded' : 'written';
  let run = '';
  const flush = (): void => {
    if (run !== '') pieces.push({ kind, text: run, from: 0 });
    run = '';
  };
  for (const atom of named(word)) {
    if ('char' in atom) run += atom.char;
    else {
      flush();
      pieces.push(...('quoted' in atom ? [quoted(atom.quoted)] : expandPart(atom.part, mode, scope)));
    }
  }
  flush();
  return pieces;
}

/** Braces are expanded first, so that `$a{b,c}` is `$ab $ac`. */
function named(word: readonly Atom[]): Atom[] {
  const done: Atom[] = [];
  for (const atom of word) {
    const before = done.at(-1);
    const grows =
      'char' in atom && /\w/.test(atom.char) && before !== undefined && 'part' in before ? before.part : null;
    if (grows?.type === 'SimpleExpansion' && 'char' in atom && /^\$[A-Za-z_]/.test(grows.text)) {
      done[done.length - 1] = { part: { ...grows, text: grows.text + atom.char } };
    } else done.push(atom);
  }
  return done;
}

function expandPart(part: Part | DoubleQuotedChild, mode: Mode, scope: Scope): Piece[] {
  switch (part.type) {
    case 'Literal':
      return [quoted(part.value)];
    case 'DoubleQuoted':
    case 'LocaleString':
      return doubleQuoted(part.parts, scope);
    case 'SimpleExpansion':
      return parameter(simple(part.text), mode, expander(scope));
    case 'ParameterExpansion':
      return parameter(part, mode, expander(scope));
    case 'CommandExpansion': {
      const output = scope.output(part);
      return [
        {
          ...expanded(
            capped({ ...output, text: output.text.replaceAll('\0', '').replace(/\n+$/, '') }),
            mode,
          ),
          printed: true,
        },
      ];
    }
    case 'ArithmeticExpansion': {
      const body = part.text.startsWith('$[') ? part.text.slice(2, -1) : part.text.slice(3, -2);
      return [expanded(arithmetic(body, scope, part.text), mode)];
    }
    default: {
      const path = scope.process(part);
      return [quoted(path.text, path.from)];
    }
  }
}

/** `$x` is `${x}`. */
const simple = (written: string): ParameterExpansionPart => ({
  type: 'ParameterExpansion',
  pos: 0,
  end: 0,
  text: written,
  parameter: written.slice(1).replaceAll('\\\n', ''),
  parameterPos: 0,
  parameterEnd: 0,
  prefix: undefined,
  index: undefined,
  operation: undefined,
});

/** Quotes make a field even where there is nothing between them; only a list that is empty leaves none. */
function doubleQuoted(parts: readonly DoubleQuotedChild[], scope: Scope): Piece[] {
  const pieces = quotedParts(parts, scope);
  const list = parts.some(({ type, text: written }) => /^\$(?:@|\{.*@)/s.test(written) && type !== 'Literal');
  const empty = pieces.every((piece) => piece.text === '' && piece.kind === 'quoted');
  if (list && empty && pieces.length < parts.length) return pieces.filter(() => false);
  return pieces.length === 0 || !list ? [quoted(''), ...pieces] : pieces;
}

function quotedParts(parts: readonly WordPart[], scope: Scope, plain = ''): Piece[] {
  if (parts.length === 0) return [quoted(plain)];
  return parts.flatMap((part) => {
    switch (part.type) {
      case 'Glob':
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        return [quoted(part.value)];
      case 'BraceExpansion':
      case 'ExtendedGlob':
        return part.parts === undefined ? [quoted(part.text)] : quotedParts(part.parts, scope);
      default:
        return expandPart(part, 'quoted', scope);
    }
  });
}

/** More nested arithmetic than this is not followed: each level is read again. */
const DEEPEST = 64;

/** Arithmetic is expanded as the body of a here-document is, but for double quotes, which vanish. */
function arithmeticPieces(body: string, scope: Scope): Piece[] {
  if (!/[$`"\\]/.test(body)) return [quoted(body)];
  if (body.split(/\$\(\(|\$\[/).length > DEEPEST) return [quoted(HOLE)];
  let end = 'END';
  while (body.includes(end)) end += 'D';
  const command = parse(`: <<${end}\n${body}\n${end}\n`).commands[0]?.command;
  const document = command?.type === 'Command' ? command.redirects[0] : undefined;
  if (document?.type !== 'HereDoc') return [quoted(HOLE)];
  const { parts, text: whole } = document.body;
  if (parts === undefined) return [quoted(whole.replaceAll('"', ''))];
  return parts.flatMap((part) =>
    part.type === 'Literal' ? [quoted(part.value.replaceAll('"', ''))] : quotedParts([part], scope),
  );
}
