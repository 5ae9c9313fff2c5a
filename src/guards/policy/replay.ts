import type { Config } from '../../core/config.ts';
import type { Differing, Judgement, Replay } from '../../core/judgement.ts';
import { type Factor, type Level, rank, riskOf } from '../../core/risk.ts';
import { protectedServices } from '../../core/services.ts';
import type { Rules } from '../../registry/rules.ts';
import type { JudgementRow } from '../../store/judgements.ts';
import type { House } from '../house.ts';
import { type PathContext, pathRules } from '../risk/paths.ts';
import { boundsOf } from '../cards/bounds.ts';
import { autonomySettings, levelOf } from './autonomy.ts';
import { decide, raisedBy } from './decide.ts';

/** What a person can change of how actions are decided, beside the commands' own entries. */
export interface Policy {
  readonly rules: Rules;
  readonly config: Config;
}

const MOST_TOLD = 1000;
const CHANGES = new Set(['write', 'overwrite', 'delete', 'chmod']);
const READS = new Set(['read', 'secret_read']);

/** Runs the recorded past against another policy. Nothing is assessed anew: what was found then is what is judged. */
export function replay(policy: Policy, sinceMs: number, house: House): Replay {
  const differing: Differing[] = [];
  let [actions, count] = [0, 0];
  for (const row of house.store.judgements.since(sinceMs)) {
    const last = row.steps.at(-1);
    if (last === undefined) continue;
    actions++;
    const would = rejudge(row, last, policy, house);
    if (would.decision.verdict === last.decision.verdict) continue;
    count++;
    if (differing.length >= MOST_TOLD) continue;
    const { action_id, tool, agent, summary } = row;
    const was = { level: last.risk.level, decision: last.decision };
    const time = new Date(row.at_ms).toISOString();
    differing.push({ action_id, time, tool, agent, summary, was, ...would });
  }
  return { actions, differing, differing_count: count };
}

function rejudge(
  row: JudgementRow,
  step: Judgement,
  policy: Policy,
  house: House,
): Pick<Differing, 'would' | 'exact'> & Pick<Judgement, 'decision'> {
  const before = byRule(spokenBy({ rules: house.rules, config: house.config }, row, step, house));
  const now = byRule(spokenBy(policy, row, step, house));
  let exact = true;
  const factors = step.risk.factors.flatMap((factor): Factor[] => {
    const was = before.get(factor.rule);
    const is = now.get(factor.rule);
    if (was === undefined || was === is) return [factor];
    // What it hid, if it was the worst of several, is not on record.
    if (is === undefined || rank(is) < rank(was)) exact = false;
    return is === undefined ? [] : [{ ...factor, level: is }];
  });
  const known = new Set(step.risk.factors.map(({ rule }) => rule));
  const added = spokenBy(policy, row, step, house).filter(
    ({ rule }) => !known.has(rule) && !before.has(rule),
  );
  const { resources, reversibility } = step.risk;
  const risk = riskOf([...factors, ...added], resources, reversibility, step.risk);
  // What a download sends is decided with its rule.
  const decided = step.download ? { ...risk, reversibility: 'reversible' as const } : risk;
  const decision = decide(decided, autonomyUnder(policy, row, step, house), circumstancesOf(policy, step));
  return { would: { level: risk.level, decision }, decision, exact };
}

const circumstancesOf = ({ rules }: Policy, step: Judgement): Rules['circumstances'] =>
  rules.circumstances.filter((rule) => step.circumstances.includes(rule.when));

/** What rules about paths and circumstances say of an action, for each rule the worst. */
function spokenBy(policy: Policy, row: JudgementRow, step: Judgement, house: House): Factor[] {
  const { rules, config } = policy;
  const ctx: PathContext = {
    workspace: row.workspace,
    rules,
    protectedGlobs: config.protected.paths,
    protectedServices: protectedServices(config),
    shownGlobs: config.secrets.shown,
    ownFolders: house.ownFolders,
  };
  const found = raisedBy(circumstancesOf(policy, step));
  for (const { kind, target } of step.risk.effects) {
    if (!target.startsWith('/')) continue;
    for (const rule of pathRules(target, ctx)) {
      const factor = { rule: rule.id, reason: rule.reason, evidence: target };
      const lets = rule.commands_may.includes('anything') && step.staged && step.step === 'effects';
      if (CHANGES.has(kind) && !lets) found.push({ ...factor, level: rule.change });
      if (READS.has(kind) && rule.secret) found.push({ ...factor, level: 'HIGH' });
    }
  }
  return found;
}

function byRule(factors: readonly Factor[]): Map<string, Level> {
  const found = new Map<string, Level>();
  for (const { rule, level } of factors) {
    const other = found.get(rule);
    if (other === undefined || rank(level) > rank(other)) found.set(rule, level);
  }
  return found;
}

function autonomyUnder({ config }: Policy, row: JudgementRow, step: Judgement, house: House) {
  const held = row.resources.flatMap((name) => /^(?:file|tree):(.*)$/s.exec(name)?.[1] ?? []);
  const touched = step.risk.effects.map(({ target }) => target).filter((target) => target.startsWith('/'));
  const reach = { folders: step.folders, paths: [...touched, ...(step.contained ? [] : held)] };
  const ceilings = boundsOf(row, { ...house, config })?.ceilings ?? [];
  return levelOf([
    ...autonomySettings(config, row.card, reach, (path) => house.machine.real(path)),
    ...ceilings,
  ]);
}
