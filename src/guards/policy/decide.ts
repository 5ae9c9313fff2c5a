import type { Autonomy } from '../../core/autonomy.ts';
import type { Decision, Verdict } from '../../core/outcome.ts';
import { type Factor, type Risk, rank } from '../../core/risk.ts';
import type { CircumstanceRule } from '../../registry/rules.ts';

const ORDER: readonly Verdict[] = ['allow', 'ask', 'deny'];

/** The table of the design: what a level means at each level of autonomy, before rules tighten it. */
export function byAutonomy(risk: Pick<Risk, 'level' | 'reversibility'>, autonomy: Autonomy): Verdict {
  const { level } = risk;
  const reversible = risk.reversibility === 'reversible';
  if (autonomy === 'observe') return 'deny';
  if (rank(level) >= rank('CRITICAL')) return autonomy === 'safe' ? 'deny' : 'ask';
  if (rank(level) <= rank('LOW')) return 'allow';
  if (autonomy === 'safe') return 'ask';
  if (level === 'MEDIUM') return autonomy === 'full' || reversible ? 'allow' : 'ask';
  return autonomy === 'full' && reversible ? 'allow' : 'ask';
}

/** The verdict on an action and the rules that said so; the strictest wins. */
export function decide(
  risk: Risk,
  autonomy: Autonomy,
  spoken: readonly CircumstanceRule[],
  ofCard: readonly { readonly verdict: 'deny'; readonly id: string; readonly reason: string }[] = [],
): Decision {
  const table = byAutonomy(risk, autonomy);
  const verdicts: { verdict: Verdict; id: string; reason: string }[] = [
    {
      verdict: table,
      id: `autonomy-${autonomy}`,
      reason: `${risk.level}, ${risk.reversibility}, at autonomy ${autonomy}: ${table}.`,
    },
    ...ofCard,
    ...spoken.flatMap((r) =>
      r.decision === undefined ? [] : [{ verdict: r.decision, id: r.id, reason: r.reason }],
    ),
  ];
  const verdict = verdicts
    .map((v) => v.verdict)
    .reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a));
  return {
    verdict,
    rules: verdicts.filter((v) => v.verdict === verdict).map(({ id, reason }) => ({ id, reason })),
  };
}

/** What rules about circumstances add to a risk. */
export function raisedBy(spoken: readonly CircumstanceRule[]): Factor[] {
  return spoken.flatMap(({ id, level, reason, when }) =>
    level === undefined ? [] : [{ rule: id, level, reason, evidence: when }],
  );
}
