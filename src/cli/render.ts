import type { ActionReport, Report } from '../core/outcome.ts';
import type { Level } from '../core/risk.ts';
import { visible, visibleLine } from '../core/visible.ts';
import { note, paint, print } from './terminal.ts';

const COLOUR: Record<Level, 'green' | 'cyan' | 'yellow' | 'red' | 'magenta'> = {
  SAFE: 'green',
  LOW: 'cyan',
  MEDIUM: 'yellow',
  HIGH: 'red',
  CRITICAL: 'magenta',
  DESTRUCTIVE: 'magenta',
};

export const paintLevel = (level: Level): string => paint(['bold', COLOUR[level]], level);

/** A diff with its lines coloured, safe for a terminal. */
export function renderDiff(diff: string): string {
  return visible(diff)
    .split('\n')
    .map((line) => {
      if (line.startsWith('+')) return paint('green', line);
      if (line.startsWith('-')) return paint('red', line);
      return line.startsWith('@@') ? paint('cyan', line) : line;
    })
    .join('\n');
}

/** A report for people: what the command printed goes where it would have gone, all else to standard error. */
export function renderReport(tool: string, report: Report): void {
  const result = report.result as Record<string, unknown> | null;
  if (tool === 'run_command' && result !== null) {
    // A pipe gets what was printed; a terminal must not be steered by it.
    const shown = (name: string, stream: NodeJS.WriteStream): boolean =>
      stream.write(stream.isTTY ? visible(String(result[name])) : String(result[name]));
    shown('stdout', process.stdout);
    shown('stderr', process.stderr);
  } else if (result !== null && !('risk' in report)) print(visible(JSON.stringify(result, null, 2)));
  if ('risk' in report) renderAction(report);
  if (report.error !== null) renderError(report.error, 'action_id' in report ? report.action_id : null);
}

function renderAction(report: ActionReport): void {
  const { outcome, action_id, risk, effects } = report;
  const level = risk === null ? '' : ` ${paintLevel(risk.level)}`;
  const undo = report.snapshot_id === null ? '' : ` · undo: homeostat undo ${report.snapshot_id}`;
  note(
    `${paint('bold', report.dry_run ? `dry run, ${outcome}` : outcome)}${level}${action_id === null ? '' : ` · action ${action_id}`}${undo}`,
  );
  if (report.dry_run || outcome === 'held' || outcome === 'denied') {
    for (const f of risk?.factors ?? [])
      note(`  ${paintLevel(f.level)} ${f.reason} ${paint('dim', visibleLine(f.evidence))}`);
    if (effects !== null) note(`  ${effects.note}`);
  }
  if (effects !== null && effects.diff !== '' && (report.dry_run || outcome === 'held'))
    print(renderDiff(effects.diff));
  else {
    for (const c of effects?.changes ?? []) note(`  ${c.change} ${visibleLine(c.path)}`);
    if (effects?.more !== undefined) note(`  and ${effects.more} more`);
  }
}

function renderError(error: NonNullable<Report['error']>, actionId: string | null): void {
  note(`${paint('red', error.code)}${actionId === null ? '' : ` (${actionId})`}: ${visible(error.message)}`);
  note(`  ${visible(error.next)}`);
}
