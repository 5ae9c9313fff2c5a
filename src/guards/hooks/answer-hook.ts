import { stopReason } from '../stop.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { HookAnswer, HookRequest } from '../../core/hook.ts';
import type { Verdict } from '../../core/outcome.ts';
import { agentName, type Workspace } from '../../core/principal.ts';
import { type Risk, rank } from '../../core/risk.ts';
import { visibleLine } from '../../core/visible.ts';
import { BLANK } from '../../store/audit.ts';
import { auditParameters } from '../audit/parameters.ts';
import { decide } from '../policy/decide.ts';
import { workspaceOf } from '../policy/roots.ts';
import type { HookHouse } from './hook-house.ts';
import { hookRisk } from './hook-risk.ts';

const OUTSIDE = 'It would run outside homeostat, which could not take it back';
const THROUGH =
  'homeostat’s own tools (run_command, write_file, edit_file, delete_file) can hold it for a person';

/** Decides about one call of a client's own tool and records it, before the client hears of it. */
export function answerHook(request: HookRequest, house: HookHouse): HookAnswer {
  const started = performance.now();
  const said = closed(request, decideHook(request, house));
  const answer = { ...said, reason: shown(said.reason, house.secrets) };
  recordHook(request, answer, Math.round(performance.now() - started), house);
  return answer;
}

/** A question that nobody would be asked is a refusal. */
function closed(request: HookRequest, answer: HookAnswer): HookAnswer {
  if (answer.verdict !== 'ask' || request.canAsk) return answer;
  return {
    ...answer,
    verdict: 'deny',
    reason: `${answer.reason} Here the client would ask nobody; ${THROUGH}.`,
  };
}

function decideHook(request: HookRequest, house: HookHouse): HookAnswer {
  const stopped = stopReason(house);
  if (stopped !== null) return no(`The emergency stop is pulled: ${stopped}. Only a person can release it.`);
  const risk = hookRisk(request, hookWorkspace(request, house), house);
  const { level } = risk;
  const [worst] = risk.factors.toSorted((a, b) => rank(b.level) - rank(a.level));
  const why =
    worst === undefined
      ? `${level}.`
      : `${level}: ${worst.reason} (${house.secrets.text(worst.evidence).slice(0, 160)})`;
  const verdict = verdictOf(request, risk, house);
  if (verdict === 'deny') return { verdict, level, reason: `${why} ${OUTSIDE}; ${THROUGH}.` };
  if (verdict === 'ask') return { verdict, level, reason: `${why} ${OUTSIDE}.` };
  if (request.unclear !== null) return { verdict: 'ask', level, reason: request.unclear };
  if (house.configuration === 'none')
    return {
      verdict: 'ask',
      level,
      reason: `There is no configuration at ${house.configPath}; a person runs \`homeostat init\`.`,
    };
  return { verdict, level, reason: why };
}

/** The table of the design, for what cannot be taken back; what it has asked out of band, no dialog of a client can settle. */
function verdictOf(request: HookRequest, risk: Risk, house: HookHouse): Verdict {
  const reads = request.lines.length === 0 && request.touches.every(({ change }) => change === 'read');
  // As with homeostat's own read tools: what holds secrets is not shown, all else is, whatever the autonomy.
  if (reads) return rank(risk.level) >= rank('HIGH') ? 'deny' : risk.level === 'MEDIUM' ? 'ask' : 'allow';
  const isPlainRead =
    request.touches.length === 0 && request.lines.every((line) => house.rules.read_only_lines.includes(line));
  if (isPlainRead && risk.level === 'SAFE') return 'allow';
  if (rank(risk.level) >= rank('CRITICAL')) return 'deny';
  return decide(risk, house.config.autonomy, []).verdict;
}

const no = (reason: string): HookAnswer => ({ verdict: 'deny', level: null, reason });

/** Where the client works. A folder that is no root leaves none, so that all of it lies outside. */
function hookWorkspace(request: HookRequest, house: HookHouse): Workspace {
  const cwd = house.machine.real(request.cwd);
  try {
    const { roots } = workspaceOf({
      configured: house.config.roots,
      added: house.added,
      announced: null,
      cwd: request.project,
      home: house.machine.home,
      ownFolders: house.ownFolders,
      configPath: house.configPath,
      real: house.existing,
    });
    return { roots, cwd };
  } catch (error) {
    if (error instanceof HomeostatError) return { roots: [], cwd };
    throw error;
  }
}

const EVENTS = { allow: 'hook.allowed', ask: 'hook.asked', deny: 'hook.denied' } as const;

type Recorded = Pick<HookRequest, 'client' | 'tool' | 'parameters'>;

/** One link of the chain. Throws where it cannot be written, so that nothing is allowed without one. */
export function recordHook(
  { client, tool, parameters }: Recorded,
  { verdict, reason, level }: HookAnswer,
  ms: number,
  { store, user, secrets }: Pick<HookHouse, 'store' | 'user' | 'secrets'>,
): void {
  store.write(() =>
    store.audit.append({
      ...BLANK,
      agent: agentName({ client, card: null, user }),
      event: EVENTS[verdict],
      action: tool,
      parameters: auditParameters(parameters, secrets),
      risk_level: level,
      result: verdict === 'deny' ? 'denied' : null,
      execution_time_ms: ms,
      detail: reason,
    }),
  );
}

const MOST = 700;

/** Redacted, short, on one line, with what could fool a reader made visible. */
export const shown = (text: string, secrets: Secrets): string =>
  `homeostat: ${visibleLine(secrets.text(text)).slice(0, MOST)}`;
