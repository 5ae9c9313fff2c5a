import type { ToolCall } from './model.ts';

/** Why a run ends; `docs/agent-run.md` says what each means. */
export type Stop =
  | 'final_answer'
  | 'steps'
  | 'deadline'
  | 'tokens'
  | 'actions'
  | 'risk'
  | 'repeated_call'
  | 'invalid_output'
  | 'approval_expired'
  | 'emergency_stop'
  | 'context_full'
  | 'model_failed'
  | 'server_failed'
  | 'interrupted';

/** Thrown within a run to end it. */
export class RunEnds extends Error {
  override readonly name = 'RunEnds';
  readonly stop: Stop;

  constructor(stop: Stop, what: string) {
    super(what);
    this.stop = stop;
  }
}

/** The same call, or the same few in turn, so many times in a row is going round in circles. */
const ROUNDS = 3;
const LONGEST_ROUND = 3;
/** Asking these again is what they are for. */
const MAY_REPEAT = new Set(['wait_for_approval', 'await_tasks', 'read_more']);

/** Whether this call would close the third round of what was called before it. */
export function goesRound(before: readonly ToolCall[], call: ToolCall): boolean {
  const keys = [...before, call]
    .filter(({ tool }) => !MAY_REPEAT.has(tool))
    .slice(-ROUNDS * LONGEST_ROUND)
    .map(({ tool, input }) => `${tool} ${JSON.stringify(input)}`);
  if (MAY_REPEAT.has(call.tool)) return false;
  for (let length = 1; length <= LONGEST_ROUND; length++) {
    const rounds = keys.slice(-ROUNDS * length);
    if (rounds.length === ROUNDS * length && rounds.every((key, place) => key === rounds[place % length]))
      return true;
  }
  return false;
}
