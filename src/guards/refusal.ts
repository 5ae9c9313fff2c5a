import type { HomeostatError } from '../core/errors.ts';
import type { Report } from '../core/outcome.ts';
import type { Tool } from '../core/tool.ts';

/** The answer to a call that never reached its tool, in the shape that the tool's answers have. */
export function refusal(tool: Tool | undefined, error: HomeostatError): Report {
  const outcome = error.class === 'refused' ? 'denied' : 'failed';
  const report = { outcome, result: null, error: error.body() } as const;
  if (tool?.kind !== 'action') return report;
  const nothing = { action_id: null, risk: null, decision: null, effects: null, snapshot_id: null };
  return { ...report, ...nothing, dry_run: false, audit: [], execution_time_ms: 0 };
}
