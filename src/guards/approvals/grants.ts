import picomatch from 'picomatch';
import { relative } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import type { GrantInfo, GrantRequest } from '../../core/grants.ts';
import { isInside } from '../../core/inside.ts';
import type { Workspace } from '../../core/principal.ts';
import { type Level, rank } from '../../core/risk.ts';
import type { Intent } from '../../core/stages.ts';
import { BLANK, canonical } from '../../store/audit.ts';
import type { GrantRow } from '../../store/grants.ts';
import type { House } from '../house.ts';
import { type Run, auditBase, newId } from '../run.ts';
import { isOver, termOf } from './expiry.ts';

/** What of an input is no part of what a grant holds fast: it is matched by the pattern, or it changes nothing. */
const FREE = new Set([
  'command',
  'path',
  'container',
  'content',
  'edits',
  'reason',
  'dry_run',
  'timeout_seconds',
  'name',
]);

/** The grant that covers an action as it has been judged by now; null where none does. */
export function grantFor(run: Run, house: House): GrantRow | null {
  const { intent, risk, bound } = run;
  if (intent === null || risk === null || bound === null || risk.level === 'DESTRUCTIVE') return null;
  const of = subjects(intent, run.caller.workspace);
  if (of.length === 0) return null;
  const options = optionsOf(bound.input);
  return (
    house.store
      .read(() => house.store.grants.open(run.agent))
      .find(
        (grant) =>
          grant.tool === run.tool.name &&
          grant.policy === house.policy &&
          grant.options === options &&
          rank(risk.level) <= rank(grant.ceiling) &&
          !isOver({ ...grant, from_ms: grant.created_ms }, house) &&
          of.every((one) => fits(grant.pattern, one)),
      ) ?? null
  );
}

/** Whether the grant that a run has used already covers what it turned out to do as well. */
export const covers = ({ grant, risk }: Run): boolean =>
  grant !== null && risk !== null && risk.level !== 'DESTRUCTIVE' && rank(risk.level) <= rank(grant.ceiling);

/** Uses a grant up by one; the caller is inside the transaction that begins what it allows. */
export function useGrant(run: Run, grant: GrantRow, house: House): void {
  if (!house.store.grants.use(grant.id))
    throw new HomeostatError('approval_required', `the grant ${grant.id} was used up meanwhile`);
  run.audit.push(
    house.store.audit.append({ ...auditBase(run), event: 'grant.used', detail: `grant ${grant.id}` }),
  );
}

/** Whether a stage that reaches the world may begin by a grant, which is used up by it. */
export function reachesByGrant(run: Run, house: House): boolean {
  const grant = grantFor(run, house);
  if (grant === null) return false;
  house.store.write(() => {
    useGrant(run, grant, house);
    house.store.actions.update(run.id, { phase: 'reaching' });
  });
  Object.assign(run, { grant, reached: true });
  return true;
}

/** Puts down what a person allows beforehand. */
export function makeGrant(asked: GrantRequest, person: string, house: House): GrantInfo {
  const { from_ms, ...term } = termOf(asked.hours * 3_600_000, house);
  const row = {
    id: newId(),
    agent: asked.agent,
    tool: asked.tool,
    pattern: asked.pattern,
    options: asked.options ?? canonical({}),
    ceiling: checkedCeiling(asked.ceiling),
    remaining: asked.count,
    created_ms: from_ms,
    ...term,
    policy: house.policy,
  };
  if (house.tools.get(asked.tool)?.kind !== 'action')
    throw new HomeostatError('unknown_tool', `${asked.tool} is no action`);
  house.store.write(() => {
    house.store.grants.add(row);
    house.store.audit.append({
      ...BLANK,
      agent: person,
      event: 'grant.made',
      action: asked.tool,
      risk_level: row.ceiling,
      detail: `grant ${row.id}: ${row.agent} ${row.pattern}, ${row.remaining} times`
        .slice(0, 300)
        .toWellFormed(),
    });
  });
  return grantInfo({ ...row, revoked_ms: null });
}

/** The grant that would have covered an action: its own line or paths, to the letter. */
export function grantLike(
  run: Pick<Run, 'agent' | 'tool' | 'intent' | 'bound' | 'risk' | 'caller'>,
): Pick<GrantRequest, 'agent' | 'tool' | 'pattern' | 'options' | 'ceiling'> {
  const [subject, ...others] = run.intent === null ? [] : subjects(run.intent, run.caller.workspace);
  if (subject === undefined || others.length > 0 || run.risk === null)
    throw new HomeostatError(
      'invalid_input',
      `${run.tool.name}: only what names one line or one path can be granted`,
    );
  return {
    agent: run.agent,
    tool: run.tool.name,
    pattern: literally(subject),
    options: optionsOf(run.bound?.input),
    ceiling: checkedCeiling(run.risk.level),
  };
}

/** What may still be used, oldest first. */
export const openGrants = (house: House): GrantInfo[] =>
  house.store
    .read(() => house.store.grants.open())
    .filter(
      (grant) => grant.policy === house.policy && !isOver({ ...grant, from_ms: grant.created_ms }, house),
    )
    .map(grantInfo);

const grantInfo = ({ id, agent, tool, pattern, ceiling, remaining, expires_ms }: GrantRow): GrantInfo => ({
  id,
  agent,
  tool,
  pattern,
  ceiling,
  remaining,
  expires: new Date(expires_ms).toISOString(),
});

function checkedCeiling(ceiling: Level): Level {
  if (ceiling !== 'DESTRUCTIVE') return ceiling;
  throw new HomeostatError('invalid_input', 'what is DESTRUCTIVE is approved one by one, never beforehand');
}

const optionsOf = (input: unknown): string =>
  canonical(Object.fromEntries(Object.entries(input ?? {}).filter(([name]) => !FREE.has(name))));

interface Subject {
  readonly kind: 'line' | 'path';
  readonly text: string;
}

/** What a pattern is held against: the command lines, or else the paths as they lie in their roots. */
function subjects({ commands, touches, undoes }: Intent, { roots }: Workspace): Subject[] {
  if (undoes !== undefined) return [];
  if (commands.length > 0) return commands.map(({ line }) => ({ kind: 'line', text: line }));
  return touches.map(({ path }) => {
    const root = roots.find((one) => isInside(path, one));
    return { kind: 'path', text: root === undefined ? path : relative(root, path) };
  });
}

/** The pattern that fits this one alone. */
const literally = ({ kind, text }: Subject): string =>
  text.replaceAll(kind === 'line' ? /[*\\]/g : /[\\^$*+?.()|[\]{}!@]/g, '\\$&');

/** In a line `*` stands for a word, or a part of one, that is no option and holds no sign of a shell's own. */
const PLAIN = '(?:(?<=\\S)|(?!-))[\\w./:@%+,=~^-]*';

function fits(pattern: string, { kind, text }: Subject): boolean {
  if (kind === 'path') return picomatch.isMatch(text, pattern, { dot: true });
  const source = pattern.replaceAll(/\\[\\*]|[\\^$*+?.()|[\]{}]/g, (sign) =>
    sign === '*' ? PLAIN : sign.length === 2 ? sign : `\\${sign}`,
  );
  return new RegExp(`^${source}$`).test(text);
}
