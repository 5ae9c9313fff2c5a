import type { Assessment, SyntaxTree } from '../core/assessor.ts';
import { type Factor, rank } from '../core/risk.ts';
import { visibleLine } from '../core/visible.ts';
import { paintLevel } from './render.ts';
import { paint, painted } from './terminal.ts';

/** How much of a long line is shown on each side of the part that matters. */
const AROUND = 40;
const MOST_SOURCE = 100;

/** An assessment for people: the level, what it would do, and why, worst first. */
export function renderAssessment(line: string, assessment: Assessment): string {
  const { level, score, reversibility, undo, effects, factors, instead } = assessment;
  const telling = level === 'SAFE' ? factors : factors.filter((f) => f.level !== 'SAFE');
  const worstFirst = telling.toSorted((a, b) => rank(b.level) - rank(a.level));
  const found = effects.map(({ kind, target }) => `  ${kind.padEnd(16)} ${visibleLine(target)}`);
  return [
    `${paintLevel(level)} ${score}/100`,
    ...section('effects', [...found, ...extentOf(assessment)]),
    ...section(
      'why',
      worstFirst.flatMap((factor) => reason(line, factor)),
    ),
    ...section('undo', level === 'SAFE' ? [] : [`  ${reversibility}: ${undo}`]),
    ...section(
      'instead',
      instead.map((tool) => `  ${visibleLine(tool)}`),
    ),
  ].join('\n');
}

/** How much of what stands is taken away. */
function extentOf({ extent }: Assessment): string[] {
  if (extent === null) return [];
  const files = `${extent.files} ${extent.files === 1 ? 'file' : 'files'}, ${extent.bytes} bytes`;
  return [paint('dim', `  ${extent.whole ? '' : 'at least '}${files} stand there now`)];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [paint('bold', title), ...lines];

function reason(line: string, { level, rule, reason: text, evidence }: Factor): string[] {
  const shown = underlined(line, evidence.replace(/…$/, ''));
  const quoted = shown ?? [paint('dim', visibleLine(evidence))];
  return [
    `  ${paintLevel(level)} ${visibleLine(text)} ${paint('dim', `(${rule})`)}`,
    ...quoted.map((part) => `    ${part}`),
  ];
}

/** The line with the evidence underlined, by marks below it where there are no colours; null where it is not in it. */
function underlined(line: string, evidence: string): string[] | null {
  const at = line.indexOf(evidence);
  if (at < 0 || evidence === '') return null;
  const [part = ''] = evidence.split('\n');
  const start = line.lastIndexOf('\n', at) + 1;
  const cut = at - start > AROUND ? `…${line.slice(at - AROUND, at)}` : line.slice(start, at);
  const [after = ''] = line.slice(at + part.length).split('\n');
  const before = visibleLine(cut);
  const marked = visibleLine(part);
  const rest = visibleLine(after.length > AROUND ? `${after.slice(0, AROUND)}…` : after);
  if (painted()) return [before + paint('underline', marked) + rest];
  return [before + marked + rest, ' '.repeat(before.length) + '^'.repeat(marked.length)];
}

/** A syntax tree, a part in each line, indented by its depth. */
export function renderTree({ type, source, children }: SyntaxTree, depth = 0): string {
  const text = visibleLine(source.length > MOST_SOURCE ? `${source.slice(0, MOST_SOURCE)}…` : source);
  const own = `${'  '.repeat(depth)}${paint('cyan', type)} ${paint('dim', text)}`;
  return [own, ...children.map((child) => renderTree(child, depth + 1))].join('\n');
}
