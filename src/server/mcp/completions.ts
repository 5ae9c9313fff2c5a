import { CompleteRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Completable } from '../../core/prompts.ts';
import { type Line, toolsOf } from './line.ts';
import { cardsOf } from './prompts.ts';

const MOST = 100;
/** Clients ask with each letter. */
const FRESH_MS = 3000;

/** What a client may propose for an argument: nothing that the connection's tools would not tell it. */
export function serveCompletions(line: Line): void {
  const known = new Map<string, { readonly at: number; readonly values: Promise<string[]> }>();
  const valuesOf = async (what: Completable | 'page'): Promise<string[]> => {
    const key = `${line.card() ?? ''} ${what}`;
    const before = known.get(key);
    if (before !== undefined && performance.now() - before.at < FRESH_MS) return before.values;
    const values = look(what, line).catch(() => []);
    known.set(key, { at: performance.now(), values });
    return values;
  };
  line.server.setRequestHandler(CompleteRequestSchema, async ({ params: { ref, argument } }) => {
    const what = ref.type === 'ref/prompt' ? named(ref.name, argument.name, line) : TEMPLATES[ref.uri];
    const all = what === undefined ? [] : await valuesOf(what);
    const fit = all.filter((value) => value.includes(argument.value));
    return { completion: { values: fit.slice(0, MOST), total: fit.length, hasMore: fit.length > MOST } };
  });
}

const TEMPLATES: Readonly<Record<string, Completable | 'page'>> = {
  'homeostat://snapshots/{id}': 'action',
  'homeostat://docs/{page}': 'page',
};

const named = (prompt: string, argument: string, { face }: Line): Completable | undefined =>
  face.prompts
    .playbooks()
    .get(prompt)
    ?.arguments.find(({ name }) => name === argument)?.complete;

async function look(what: Completable | 'page', line: Line): Promise<string[]> {
  switch (what) {
    case 'page':
      return [...line.face.prompts.pages()];
    case 'card':
      return cardsOf(line).map(({ name }) => name);
    case 'root':
      return strings((await told('get_status', {}, line))?.['roots']);
    case 'service':
      return fields((await told('list_containers', { all: true }, line))?.['containers'], 'name');
    default: {
      const kept = await told('list_snapshots', { limit: MOST }, line);
      const held = await told('list_approvals', { status: 'pending', limit: MOST }, line);
      return [...fields(held?.['approvals'], 'action_id'), ...fields(kept?.['snapshots'], 'snapshot_id')];
    }
  }
}

/** A tool's answer, where the connection has the tool. */
async function told(tool: string, input: object, line: Line): Promise<Record<string, unknown> | null> {
  if (!toolsOf(line).some(({ name }) => name === tool)) return null;
  const { result } = await line.face.gateway.call(tool, input, await line.connection());
  return result as Record<string, unknown> | null;
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
const fields = (rows: unknown, name: string): string[] =>
  Array.isArray(rows) ? strings(rows.map((row) => (row as Record<string, unknown>)[name])) : [];
