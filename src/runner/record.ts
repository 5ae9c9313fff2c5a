import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Report } from '../core/outcome.ts';

/** Asks the house as the person who started the run does. */
export type AskHouse = (tool: string, input: object) => Promise<Report>;

const recordSchema = z.object({
  seq: z.number(),
  event: z.string(),
  action: z.string(),
  action_id: z.string().nullable(),
  parameters: z.unknown(),
  resources: z.array(z.string()).nullable(),
  risk_level: z.string().nullable(),
  result: z.string().nullable(),
  error: z.string().nullable(),
  snapshot_id: z.string().nullable(),
  rollback_id: z.string().nullable(),
  detail: z.string().nullable(),
});
const pageSchema = z.object({ records: z.array(recordSchema), next: z.number().nullable() });
type AuditLine = z.infer<typeof recordSchema>;

/** What became of one action, as the record has it. */
export interface Deed {
  readonly action_id: string;
  readonly tool: string;
  /** What its end was; `held` while it waits, `unknown` where the record has no end of it. */
  readonly outcome: string;
  readonly dry_run: boolean;
  readonly level: string | null;
  readonly resources: readonly string[];
  readonly error: string | null;
  readonly detail: string | null;
  /** By which it can be undone. */
  readonly snapshot_id: string | null;
  /** The action that it undoes. */
  readonly undoes: string | null;
  /** Sequence numbers of its records in the audit. */
  readonly audit: readonly number[];
}

const PAGE = 200;

/** Everything that the record has of an agent's actions, the oldest first. */
export async function deedsOf(agent: string, ask: AskHouse): Promise<Deed[]> {
  const own = await linesOf({ agent }, ask);
  const ids = [...new Set(own.map((line) => line.action_id).filter((id) => id !== null))];
  return Promise.all(
    ids.map(async (id) => {
      const deed = deedOf(
        id,
        own.filter((line) => line.action_id === id),
      );
      // A person may have decided on it, or carried it out, since.
      return deed.outcome === 'held' ? deedOf(id, await linesOf({ action_id: id }, ask)) : deed;
    }),
  );
}

/** The sequence numbers of the records that name a resource. */
export const recordsOf = async (resource: string, ask: AskHouse): Promise<number[]> =>
  (await linesOf({ resource }, ask)).map(({ seq }) => seq);

async function linesOf(filter: object, ask: AskHouse): Promise<AuditLine[]> {
  const lines: AuditLine[] = [];
  let before: number | null = null;
  do {
    const report = await ask('query_audit', {
      ...filter,
      limit: PAGE,
      ...(before === null ? {} : { before }),
    });
    if (report.error !== null) throw new Error(report.error.message);
    const page = pageSchema.parse(report.result);
    lines.push(...page.records);
    before = page.next;
  } while (before !== null);
  return lines.toSorted((a, b) => a.seq - b.seq);
}

function deedOf(action_id: string, lines: readonly AuditLine[]): Deed {
  const last = (test: (line: AuditLine) => boolean): AuditLine | undefined => lines.findLast(test);
  const intent = lines.find(({ event }) => event === 'action.intended') ?? lines[0];
  const end = last(({ event }) =>
    /^(action\.(finished|recovered|refused)|approval\.(denied|expired|revoked))$/.test(event),
  );
  const held = last(({ event }) => event === 'action.held');
  const parameters = (intent?.parameters ?? {}) as { dry_run?: boolean };
  return {
    action_id,
    tool: intent?.action ?? '',
    outcome: end?.result ?? held?.result ?? 'unknown',
    dry_run: parameters.dry_run === true,
    level: last(({ risk_level }) => risk_level !== null)?.risk_level ?? null,
    resources: intent?.resources ?? [],
    error: end?.error ?? null,
    detail: end?.detail ?? null,
    snapshot_id: end?.snapshot_id ?? null,
    undoes: last(({ rollback_id }) => rollback_id !== null)?.rollback_id ?? null,
    audit: lines.map(({ seq }) => seq),
  };
}

const PAUSE_MS = 500;
/** A server whose client has gone may take 5 s to end what it began. */
const TRIES_FOR_ANY = 13;
const TRIES_FOR_AN_END = 30;

/** What a run knows of its calls of one tool. */
export interface KnownCalls {
  /** Ids of actions that were answered. */
  readonly ids: ReadonlySet<string>;
  /** How many were answered without one: they were refused before they became an action, and have an id in the record alone. */
  readonly refused: number;
}

/**
 * What became of a call whose answer was lost: the one action of this agent with that tool of which the run knows
 * nothing. Null where the record has none, so that nothing was begun. The server that was asked may still be ending.
 */
export async function lostDeed(
  agent: string,
  tool: string,
  { ids, refused }: KnownCalls,
  ask: AskHouse,
): Promise<Deed | null> {
  let found: Deed | undefined;
  for (let tried = 0; tried < (found === undefined ? TRIES_FOR_ANY : TRIES_FOR_AN_END); tried++) {
    if (tried > 0) await sleep(PAUSE_MS);
    const unknown = (await deedsOf(agent, ask)).filter(
      (deed) => deed.tool === tool && !ids.has(deed.action_id),
    );
    let left = refused;
    found = unknown.find((deed) => !(wasRefused(deed) && left-- > 0));
    if (found !== undefined && found.outcome !== 'unknown') break;
  }
  return found ?? null;
}

/** All that the record has of it is that it was refused. */
const wasRefused = ({ audit, error }: Deed): boolean => audit.length === 1 && error !== null;
