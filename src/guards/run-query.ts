import type { QueryContext } from '../core/context.ts';
import { HomeostatError, asHomeostatError } from '../core/errors.ts';
import type { QueryReport } from '../core/outcome.ts';
import { type Caller, agentName } from '../core/principal.ts';
import type { Query } from '../core/tool.ts';
import { BLANK } from '../store/audit.ts';
import { checkCard } from './cards/bounds.ts';
import type { QueryJournal } from './audit/query-journal.ts';
import { auditParameters } from './audit/parameters.ts';
import type { House } from './house.ts';
import { countQuery } from './limits/rates.ts';

/** The life of a query: bound, admitted, answered without secrets, and recorded in a batch. */
export async function runQuery(
  query: Query,
  raw: unknown,
  caller: Caller,
  ctx: QueryContext,
  journal: QueryJournal,
  house: House,
): Promise<QueryReport> {
  const started = performance.now();
  const refused = query.recorded ? countedQuery(caller, query.name, journal, house) : 'no';
  const report = refused === 'no' ? await answer(query, raw, caller, ctx, house) : tooMany(house);
  if (query.recorded && refused !== 'again') {
    journal.add({
      ...BLANK,
      agent: agentName(caller.principal),
      event: 'query',
      action: query.name,
      // Who merely looks on is no part of what an action goes through.
      action_id: report.error === null ? null : actionOf(raw, house),
      parameters: auditParameters(raw ?? {}, house.secrets),
      risk_level: 'SAFE',
      result: report.outcome,
      error: report.error?.code ?? null,
      execution_time_ms: Math.round(performance.now() - started),
    });
  }
  return report;
}

/** The action that a query is about, such as the one whose approval it waits for; null where none of that id is on record. */
function actionOf(raw: unknown, { store }: House): string | null {
  const id = (raw as Readonly<Record<string, unknown>> | null | undefined)?.['action_id'];
  return typeof id === 'string' && store.read(() => store.actions.get(id)) !== null ? id : null;
}

/** Counts a query of the agent's, and puts on record how many were refused in its minute before. */
export function countedQuery(
  { principal }: Caller,
  action: string,
  journal: QueryJournal,
  house: House,
): 'no' | 'first' | 'again' {
  const agent = agentName(principal);
  const { refused, more } = countQuery(agent, house);
  if (more > 0)
    journal.add({
      ...BLANK,
      agent,
      event: 'query.refused_more',
      action,
      result: 'denied',
      error: 'rate_limited',
      detail: `${more} more in the minute before`,
    });
  return refused;
}

/** What a client asks for: `tool` and its input, or `method` of the protocol and its parameters. */
export type Asked =
  { readonly tool: string; readonly input: unknown } | { readonly method: string; readonly params: unknown };

/** A call of what is not there: on record as a query is, since a flood of them would fill the disk too. */
export function refuseUnknown(
  asked: Asked,
  caller: Caller,
  journal: QueryJournal,
  house: House,
): QueryReport {
  const [kind, name] = 'tool' in asked ? ['tool', asked.tool] : ['method', asked.method];
  const what = `there is no ${kind} ${house.secrets.text(JSON.stringify(name))}`;
  const refused = countedQuery(caller, 'unknown', journal, house);
  const report: QueryReport =
    refused === 'no'
      ? { outcome: 'denied', result: null, error: new HomeostatError('unknown_tool', what).body() }
      : tooMany(house);
  if (refused !== 'again')
    journal.add({
      ...BLANK,
      agent: agentName(caller.principal),
      event: 'action.refused',
      action: 'unknown',
      parameters: auditParameters(asked, house.secrets),
      result: 'denied',
      error: report.error?.code ?? null,
    });
  return report;
}

function tooMany({ config }: House): QueryReport {
  const what = `more than ${config.limits.queries_per_minute} queries in a minute`;
  return { outcome: 'denied', result: null, error: new HomeostatError('rate_limited', what).body() };
}

async function answer(
  query: Query,
  raw: unknown,
  caller: Caller,
  ctx: QueryContext,
  house: House,
): Promise<QueryReport> {
  try {
    checkCard(query, caller.principal, house);
    const bound = query.bind(raw);
    return { outcome: 'succeeded', result: house.secrets.redact(await bound.run(ctx)), error: null };
  } catch (thrown) {
    const error = asHomeostatError(thrown);
    return {
      outcome: error.class === 'refused' ? 'denied' : 'failed',
      result: null,
      error: house.secrets.redact(error.body()),
    };
  }
}
