import { HomeostatError } from '../core/errors.ts';
import type { Judgement } from '../core/judgement.ts';
import { type Risk, riskOf } from '../core/risk.ts';
import type { Intent, Staged } from '../core/stages.ts';
import type { Caller, Workspace } from '../core/principal.ts';
import { assessContext, type House } from './house.ts';
import { boundsOf } from './cards/bounds.ts';
import { cardRules } from './cards/rules.ts';
import { namesServices, servicesOf } from './cards/services.ts';
import { autonomySettings, levelOf, reachOf } from './policy/autonomy.ts';
import { decide, raisedBy } from './policy/decide.ts';
import type { CommandRisk } from './risk/assess-command.ts';
import { type AssessContext, assessEffects, assessIntent, assessLines, withExtent } from './risk/assess.ts';
import { downloadOf, downloadRisk } from './risk/downloads.ts';
import { isRunning } from './processes/list.ts';
import type { DownloadRule } from '../registry/rules.ts';
import { assessFacts, containedRisk } from './risk/contained.ts';
import type { Run } from './run.ts';

type Asking = Pick<Caller, 'workspace' | 'principal'>;

/** What lines are assessed by; what names its services itself need not be asked for them word by word. */
function contextOf(intent: Intent, { workspace, principal }: Asking, house: House): AssessContext {
  const services = namesServices(intent.resources) ? null : servicesOf(boundsOf(principal, house));
  return assessContext(house, workspace, services ?? undefined);
}

/** Steps 3 and 6, the same function: what the facts so far risk, and what the rules make of it. */
export function judge(
  intent: Intent,
  staged: Staged<unknown> | null,
  { workspace, principal }: Asking,
  house: House,
  ctx = contextOf(intent, { workspace, principal }, house),
  lines = assessLines(intent, ctx),
): Judgement {
  const bounds = boundsOf(principal, house);
  const met = new Set([...intent.circumstances, ...(staged?.circumstances ?? [])]);
  const download = intent.reaching === true && !isWrittenTo(house) ? downloadOf(intent, ctx) : null;
  if (download !== null) met.delete('with_network');
  const circumstances = [...met];
  const spoken = house.rules.circumstances.filter((rule) => met.has(rule.when));
  const asked = assessIntent(intent, ctx, lines);
  const seen = seenRisk(asked, intent, staged, download, ctx);
  const reversibility = intent.reaching === true ? 'irreversible' : seen.reversibility;
  const risk = riskOf([...seen.factors, ...raisedBy(spoken)], seen.resources, reversibility, seen);
  const reach = reachOf(intent, staged, seen);
  const settings = [
    ...autonomySettings(house.config, principal.card, reach, (path) => house.machine.real(path)),
    ...(bounds?.ceilings ?? []),
  ];
  // What a download sends is decided with its rule; what it did to the roots is what is left to decide.
  const decided = download === null ? risk : { ...risk, reversibility: seen.reversibility };
  const facts = { intent, risk, circumstances: met, paths: [...reach.folders, ...reach.paths] };
  const decision = decide(decided, levelOf(settings), spoken, cardRules(facts, workspace, bounds));
  // Counted where a person will have to decide, and after all that decides whether one has to.
  const counted =
    decision.verdict === 'ask' ? withExtent(risk, (paths, ms) => house.machine.extent(paths, ms)) : risk;
  return {
    step: staged === null ? 'request' : 'effects',
    risk: counted,
    decision,
    settings,
    circumstances,
    folders: [...reach.folders],
    contained: intent.contained === true,
    staged: intent.contained === true || intent.reaching === true,
    download: download !== null,
  };
}

/** Whether something that goes on could change, while a line runs, what that line was judged by. */
const isWrittenTo = (house: House): boolean =>
  house.store.read(() =>
    house.store.longRunning.all().some((row) => row.writes.length > 0 && isRunning(row, house)),
  );

/** What ran in a stage that reaches nothing is judged by what it turned out to do, and not by what was asked for. */
function seenRisk(
  asked: Risk,
  intent: Intent,
  staged: Staged<unknown> | null,
  download: DownloadRule | null,
  ctx: AssessContext,
): Risk {
  const held =
    download !== null
      ? downloadRisk(asked, download)
      : intent.contained === true
        ? containedRisk(asked)
        : asked;
  if (staged === null) return held;
  return intent.contained === true || intent.reaching === true
    ? assessFacts(held, staged.effects, intent.undoes !== undefined, ctx)
    : assessEffects(held, staged.effects, staged.reversibility, ctx);
}

/** What an action risks by what it says alone. */
export const lineRisk = (intent: Intent, workspace: Workspace, house: House): Risk =>
  assessIntent(intent, assessContext(house, workspace));

const MOST_ORIGINS = 500;

export function judgeRun(run: Run, house: House): void {
  if (run.intent === null) throw new HomeostatError('internal_error', 'judged before it was bound');
  const ctx = contextOf(run.intent, run.caller, house);
  const lines = assessLines(run.intent, ctx);
  const judgement = judge(run.intent, run.staged, run.caller, house, ctx, lines);
  run.risk = judgement.risk;
  run.download = judgement.download;
  run.decision = judgement.decision;
  run.judgements.push(judgement);
  remember(lines, house);
}

/** What a command fetched, decoded or copied from a secret is still that when a later command runs or sends it. */
function remember(lines: readonly CommandRisk[], house: House): void {
  for (const { origins } of lines) for (const [path, from] of origins) house.origins.set(path, from);
  for (const path of house.origins.keys()) {
    if (house.origins.size <= MOST_ORIGINS) break;
    house.origins.delete(path);
  }
}

/** What is told of who says no. */
const DENIES = [
  ['autonomy-', 'autonomy_denied'],
  ['card-roots', 'root_not_on_card'],
  ['card-services', 'service_not_on_card'],
] as const;

/** Throws where the decision is no; `observe` still lets an action be staged, so that its effects can be shown. */
export function refuseIfDenied(run: Run, when: 'before staging' | 'before commit'): void {
  const reaches = run.intent?.reaching === true && when === 'before staging';
  if (reaches && run.bound?.dryRun === true)
    throw new HomeostatError(
      'invalid_input',
      'dry_run: what a line sends over the network is sent in a dry run too',
      { next: 'Try it without network, or call assess_action; or run it without dry_run.' },
    );
  if (run.decision?.verdict !== 'deny') return;
  const observes = levelOf(run.judgements.at(-1)?.settings ?? []) === 'observe';
  const shows = observes || run.bound?.dryRun === true;
  if (when === 'before staging' && shows && !reaches) return;
  const [rule] = run.decision.rules;
  const code = DENIES.find(([prefix]) => rule?.id.startsWith(prefix))?.[1] ?? 'denied_by_policy';
  throw new HomeostatError(code, `${run.tool.name}: ${rule?.reason ?? 'a rule says no'}`);
}
