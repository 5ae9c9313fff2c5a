import {
  ListResourceTemplatesRequestSchema,
  ListResourcesRequestSchema,
  ReadResourceRequestSchema,
  type ReadResourceResult,
  type Resource,
} from '@modelcontextprotocol/sdk/types.js';
import { type Line, toolsOf } from './line.ts';
import { invalid, refusal, refused } from './refused.ts';
import { serveSubscriptions } from './subscriptions.ts';

const PAGE = 10;
const JSON_TYPE = 'application/json';

interface Source {
  readonly title: string;
  readonly description: string;
  /** The tool whose answer it is: what that would not tell, this does not either. */
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const SOURCES: Readonly<Record<string, Source>> = {
  'homeostat://status': {
    title: 'Status',
    description: 'Roots, autonomy, emergency stop, what waits.',
    tool: 'get_status',
    input: {},
  },
  'homeostat://audit/recent': {
    title: 'Recent records',
    description: 'The newest records of the audit.',
    tool: 'query_audit',
    input: { limit: 50 },
  },
  'homeostat://snapshots': {
    title: 'Snapshots',
    description: 'What can be undone, newest first.',
    tool: 'list_snapshots',
    input: { limit: 50 },
  },
};

const SNAPSHOT = /^homeostat:\/\/snapshots\/([a-z0-9]{1,40})$/;
const DOC = /^homeostat:\/\/docs\/([a-z0-9-]{1,60})$/;

/** Answers of tools under fixed names, and the pages of the documentation; what changes is told to who subscribes. */
export function serveResources(line: Line): void {
  const { server, face } = line;

  server.setRequestHandler(ListResourcesRequestSchema, ({ params }) => {
    const all = listed(line);
    const from = params?.cursor === undefined ? 0 : Number(params.cursor);
    if (!Number.isSafeInteger(from) || from < 0) throw invalid('no such cursor');
    const next = from + PAGE < all.length ? { nextCursor: String(from + PAGE) } : {};
    return { resources: all.slice(from, from + PAGE), ...next };
  });

  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      ...(has(line, 'diff_snapshot')
        ? [
            {
              uriTemplate: 'homeostat://snapshots/{id}',
              name: 'snapshot',
              title: 'What an action changed',
              mimeType: JSON_TYPE,
            },
          ]
        : []),
      {
        uriTemplate: 'homeostat://docs/{page}',
        name: 'docs',
        title: 'Documentation',
        mimeType: 'text/markdown',
      },
    ],
  }));

  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }): Promise<ReadResourceResult> => {
    const { uri } = params;
    const page = DOC.exec(uri)?.[1];
    if (page !== undefined) {
      const text = face.prompts.page(page);
      if (text === null) throw invalid(`there is no page ${page}`);
      await refused(face.gateway.fetched({ kind: 'page', name: page }, await line.connection()));
      return { contents: [{ uri, mimeType: 'text/markdown', text }] };
    }
    const source = sourceOf(uri);
    if (source === null) throw invalid(`there is no resource ${uri.slice(0, 200)}`);
    const report = await face.gateway.call(source.tool, source.input, await line.connection());
    if (report.error !== null) throw refusal(report.error);
    return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(report.result) }] };
  });

  serveSubscriptions(line, (uri) => {
    const source = sourceOf(uri);
    return source !== null && has(line, source.tool);
  });
}

const has = (line: Line, tool: string): boolean => toolsOf(line).some(({ name }) => name === tool);

function sourceOf(uri: string): Pick<Source, 'tool' | 'input'> | null {
  const id = SNAPSHOT.exec(uri)?.[1];
  if (id !== undefined) return { tool: 'diff_snapshot', input: { id } };
  return Object.hasOwn(SOURCES, uri) ? (SOURCES[uri] ?? null) : null;
}

function listed(line: Line): Resource[] {
  const answers = Object.entries(SOURCES).filter(([, { tool }]) => has(line, tool));
  return [
    ...answers.map(([uri, { title, description }]) => ({
      uri,
      name: uri.slice('homeostat://'.length),
      title,
      description,
      mimeType: JSON_TYPE,
    })),
    ...line.face.prompts
      .pages()
      .map((page) => ({ uri: `homeostat://docs/${page}`, name: `docs/${page}`, mimeType: 'text/markdown' })),
  ];
}
