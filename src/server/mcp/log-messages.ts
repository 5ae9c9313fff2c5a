import {
  type LoggingLevel,
  LoggingLevelSchema,
  SetLevelRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { ServerNotification } from '@modelcontextprotocol/sdk/types.js';
import type { Outcome, Report } from '../../core/outcome.ts';
import type { Line } from './line.ts';

/** From the least to the gravest. */
const GRAVITY = LoggingLevelSchema.options;

const LEVELS: Readonly<Record<Outcome, LoggingLevel>> = {
  succeeded: 'info',
  held: 'notice',
  denied: 'warning',
  rolled_back: 'warning',
  failed: 'error',
  unknown: 'critical',
  rollback_failed: 'critical',
};

/** Tells a client that has asked for it how its own calls end; none of what the answer itself has to say. */
export function serveLogMessages({
  server,
}: Line): (tool: string, report: Report) => ServerNotification | null {
  let least: number | null = null;
  server.setRequestHandler(SetLevelRequestSchema, ({ params: { level } }) => {
    least = GRAVITY.indexOf(level);
    return {};
  });
  return (tool, report) => {
    const level = LEVELS[report.outcome];
    if (least === null || GRAVITY.indexOf(level) < least) return null;
    const { outcome, error } = report;
    const action = 'action_id' in report ? { action_id: report.action_id } : {};
    const data = { tool, outcome, error: error?.code ?? null, ...action };
    return { method: 'notifications/message', params: { level, logger: 'homeostat', data } };
  };
}
