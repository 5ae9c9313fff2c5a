import { HomeostatError } from '../core/errors.ts';
import type { Report } from '../core/outcome.ts';
import type { ApprovalInfo } from '../core/records.ts';
import { visibleLine } from '../core/visible.ts';
import { paintLevel, renderDiff } from './render.ts';
import { type GlobalOptions, type Session, withSession } from './session.ts';
import { note, paint, print } from './terminal.ts';

type Printer = (result: Record<string, unknown>, session: Session) => void | Promise<void>;

/** Answers a query for people, or as JSON where that is asked for. */
export async function query(
  tool: string,
  input: object,
  options: GlobalOptions,
  printer: Printer,
): Promise<void> {
  await withSession(options, async (session) => {
    const report = await session.call(tool, input);
    if (options.json === true || report.result === null) return session.show(tool, report);
    await printer(report.result as Record<string, unknown>, session);
  });
}

export const line = (...parts: string[]): void => print(parts.map(visibleLine).join('  '));

export const diff = async (id: string, options: GlobalOptions): Promise<void> =>
  query('diff_snapshot', { id }, options, (effects) => {
    note(String(effects['note']));
    print(renderDiff(String(effects['diff'])));
  });

export const approvals = async (options: GlobalOptions & { all?: boolean }): Promise<void> =>
  query(
    'list_approvals',
    options.all === true ? {} : { status: 'pending' },
    options,
    ({ approvals: list }) => {
      for (const a of list as ApprovalInfo[]) {
        print(
          `${a.action_id}  ${a.status.padEnd(8)}  ${paintLevel(a.risk_level)}  ${visibleLine(a.summary.slice(0, 100))}`,
        );
      }
      if ((list as unknown[]).length === 0) note('nothing waits for you');
    },
  );

/** `homeostat status`, and what `homeostat` alone shows at a terminal. */
export async function status(options: GlobalOptions): Promise<void> {
  await withSession(options, async (session) => {
    const report = await session.call('get_status', {});
    if (options.json === true) return session.show('get_status', report);
    if (report.result === null) session.show('get_status', report);
    else printStatus(report);
    await printAdvice(session, report);
  });
}

function printStatus(report: Report): void {
  const s = report.result as Record<string, unknown>;
  print(`${paint('bold', 'homeostat')} ${String(s['version'])}`);
  print(`roots          ${(s['roots'] as string[]).join(', ')}`);
  print(`autonomy       ${String(s['autonomy'])}, configuration ${String(s['configuration'])}`);
  print(`emergency stop ${s['emergency_stop'] === true ? paint('red', 'PULLED') : 'not pulled'}`);
  print(
    `waiting        ${String(s['pending_approvals'])} approvals, ${String(s['running_actions'])} running`,
  );
  print(`audit          ${String(s['audit_records'])} records`);
}

async function printAdvice(session: Session, report: Report): Promise<void> {
  const s = (report.result ?? {}) as Record<string, unknown>;
  const advice: string[] = [];
  try {
    const operator = await session.operator();
    if (!operator.enrolled())
      advice.push('homeostat init         enrol yourself as approver, write a configuration');
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
    advice.push('homeostat doctor       find out what is wrong with the state');
  }
  if (s['emergency_stop'] === true) advice.push('homeostat release      let agents work again');
  if (Number(s['pending_approvals'] ?? 0) > 0) advice.push('homeostat approvals    see what waits for you');
  if (s['configuration'] === 'untrusted')
    advice.push('homeostat trust        let the changed configuration take effect');
  advice.push('homeostat snapshots    see what can be undone', 'homeostat --help       everything else');
  print(`\nWhat to do:\n${advice.map((a) => `  ${a}`).join('\n')}`);
}
