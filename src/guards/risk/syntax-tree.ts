import { type SyntaxNode, forEachChild, parse } from 'unbash';
import type { SyntaxTree } from '../../core/assessor.ts';
import { HomeostatError } from '../../core/errors.ts';

const MOST_CHARACTERS = 20_000;

/** What lies deeper is left out: the parser goes as deep as it is asked to. */
const MOST_DEPTH = 100;

/** A line's syntax as the parser reads it; what it cannot read stands first, as a part of its own. */
export function syntaxTree(line: string): SyntaxTree {
  if (line.length > MOST_CHARACTERS)
    throw new HomeostatError('too_large', `the line is longer than ${MOST_CHARACTERS} characters`);
  const script = parse(line);
  const { type, source, children } = nodeTree(script, line);
  const problems = (script.errors ?? []).map(({ message, pos }) => ({
    type: `Problem: ${message}`,
    source: line.slice(pos),
    children: [],
  }));
  return { type, source, children: [...problems, ...children] };
}

function nodeTree(node: SyntaxNode, line: string, depth = 0): SyntaxTree {
  const children: SyntaxTree[] = [];
  if (depth < MOST_DEPTH) forEachChild(node, (child) => void children.push(nodeTree(child, line, depth + 1)));
  return { type: node.type, source: line.slice(node.pos, node.end), children };
}
