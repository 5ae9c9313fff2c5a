import type { ShownChange } from '../../core/effects.ts';
import type { EffectKind, Risk } from '../../core/risk.ts';
import { visible, visibleLine } from '../../core/visible.ts';
import type { ActionRow } from '../../store/actions.ts';

/**
 * All that a person decides on, safe for a terminal: nothing in it can hide or move another part. It is not
 * redacted like what agents are told, since an agent could dress what it wants hidden as a secret: of this text only
 * what is known to be a secret is masked (`Secrets.shown`), with its length.
 */
export function approvalText(row: ActionRow): string {
  const effects = row.effects;
  const lines = [
    row.summary,
    `asked by   ${row.agent}`,
    `in         ${row.workspace.cwd}`,
    `because    ${row.reason || '(no reason given)'}`,
    `risk       ${row.risk.level} (score ${row.risk.score}), ${row.risk.reversibility}`,
    ...row.risk.factors.map((f) => `           ${f.level} ${f.rule}: ${f.reason} [${f.evidence}]`),
    ...row.risk.effects.map((e) => `does       ${e.kind} ${e.target}`),
    ...extentOf(row.risk),
    ...row.decision.rules.map((rule) => `rule       ${rule.id}: ${rule.reason}`),
    ...lostOf(row),
    `undo       ${effects?.note ?? 'unknown'}`,
    ...(effects?.changes ?? []).map(changeOf),
    ...commandOf(row),
  ];
  return [...lines.map(visibleLine), visible(effects?.diff ?? '')].join('\n');
}

/** One change with all of it that a diff does not show. */
function changeOf({ change, path, from, was, bytes, changed, setid }: ShownChange): string {
  const more = [
    `${was} → ${bytes} bytes`,
    ...(changed ?? []).filter((aspect) => aspect !== 'content'),
    ...(setid === true ? ['runs with its owner’s rights'] : []),
  ];
  return `${change.padEnd(10)} ${from === undefined ? '' : `${from} → `}${path} (${more.join(', ')})`;
}

/** Effects that no undo of ours calls back. */
const GONE: ReadonlySet<EffectKind> = new Set([
  'network',
  'exfiltration',
  'kill',
  'git_loss',
  'container_loss',
  'volume_loss',
  'cloud_change',
  'cloud_loss',
  'database_change',
  'database_loss',
]);

/** What cannot be called back: what is lost for good, and what has been sent already. */
function lostOf({ risk, input, stage }: ActionRow): string[] {
  const gone = risk.effects.filter(({ kind }) => GONE.has(kind));
  const lost =
    risk.reversibility === 'irreversible' && gone.length === 0 ? ['what it does beyond the roots'] : [];
  const reached = stage !== null && (input as { network?: unknown } | null)?.network === true;
  return [
    ...[...gone.map(({ kind, target }) => `${kind} ${target}`), ...lost].map((what) => `for good   ${what}`),
    ...(reached ? ['sent       it has run with the network already: what it sent is sent'] : []),
  ];
}

/** How much of what stands it takes away. */
function extentOf({ extent }: Risk): string[] {
  if (extent === null) return [];
  return [
    `takes      ${extent.whole ? '' : 'at least '}${extent.files} files, ${extent.bytes} bytes that stand there now`,
  ];
}

/** The whole input of an action whose effects cannot be shown before it runs. */
function commandOf(row: ActionRow): string[] {
  if (row.effects?.known === true) return [];
  return [
    'input',
    ...JSON.stringify(row.input, null, 2)
      .split('\n')
      .map((line) => `           ${line}`),
  ];
}
