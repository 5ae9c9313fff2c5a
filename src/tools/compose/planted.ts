import type { QueryContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { type Source, parseSource } from './document/source.ts';
import { treeOf } from './document/tree.ts';
import { valueAt } from './document/value.ts';
import { gainedBy } from './edit/gained.ts';

const NOTHING = { circumstances: [], what: [] };

/** What a file's new text gives containers, where it is a Compose file or a part of one. */
export async function plantedIn(
  path: string,
  before: string,
  after: string,
  ctx: Pick<QueryContext, 'files' | 'isSecret' | 'variableNames' | 'composeSettings' | 'config' | 'secrets'>,
): Promise<{ circumstances: string[]; what: string[] }> {
  const now = composeOf(after, path);
  if (now === null) return NOTHING;
  return gainedBy(composeOf(before, path) ?? parseSource('', path), now, path, ctx);
}

/** Null of what no reader of Compose files would take for one. */
function composeOf(text: string, path: string): Source | null {
  try {
    const source = parseSource(text, path);
    const isOne = source.documents.some((document) => {
      const tree = treeOf(document, source);
      return ['services', 'include'].some((section) => valueAt(tree, [section]) !== undefined);
    });
    return isOne ? source : null;
  } catch (error) {
    if (error instanceof HomeostatError) return null;
    throw error;
  }
}
