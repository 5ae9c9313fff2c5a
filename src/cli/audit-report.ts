import type { AuditReport } from '../core/records.ts';
import { visibleLine } from '../core/visible.ts';

/** A report as Markdown. */
export function renderReportOf(report: AuditReport): string {
  const { since, until, records, notable, left_off: leftOff } = report;
  const days = since.slice(0, 10) === until.slice(0, 10) ? [since] : [since, until];
  const parts = [
    `# Audit of ${days.map((time) => time.slice(0, 10)).join(' to ')} (UTC)`,
    `${records} records.`,
    counted('Outcomes', report.outcomes),
    counted('Risk', report.risks),
    counted('Agents', report.agents),
    counted('Tools', report.tools),
    '## To look at',
    notable.length === 0 ? 'Nothing.' : table(HEADINGS, notable.map(rowOf)),
  ];
  if (leftOff > 0) parts.push(`${leftOff} more: \`homeostat audit --since ${since}\`.`);
  return parts.join('\n\n');
}

const HEADINGS = ['Record', 'Time', 'Event', 'Risk', 'Agent', 'Action', 'Id', 'Result', 'What'];

const rowOf = (r: AuditReport['notable'][number]): string[] => [
  String(r.seq),
  r.time.slice(0, 19),
  r.event,
  r.risk_level ?? '',
  r.agent,
  r.action,
  r.action_id ?? '',
  r.result ?? '',
  r.error ?? r.detail ?? '',
];

function counted(heading: string, counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).map(([name, n]) => [name, String(n)]);
  return `## ${heading}\n\n${rows.length === 0 ? 'None.' : table([heading, 'Records'], rows)}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const cell = (text: string): string => visibleLine(text).replaceAll('|', '\\|');
