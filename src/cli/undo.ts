import { HomeostatError } from '../core/errors.ts';
import type { Operator, Proof } from '../core/gateway.ts';
import type { Report } from '../core/outcome.ts';
import { type ActOptions, act, common } from './act.ts';
import { type Session, withSession } from './session.ts';
import { atTerminal, jsonText, note, print } from './terminal.ts';

interface UndoOptions extends ActOptions {
  readonly force?: boolean;
  readonly cascade?: boolean;
}

/** `homeostat undo [ID]`: without an id, the last action in this folder. */
export async function undo(id: string | undefined, options: UndoOptions): Promise<void> {
  if (options.force === true && options.cascade === true)
    throw new HomeostatError('invalid_input', 'either --force or --cascade');
  await withSession(options, async (session) => {
    const target = id ?? (await session.operator()).lastUndoable(process.cwd());
    if (target === null)
      throw new HomeostatError('nothing_to_undo', `no action in ${process.cwd()} can be undone`, {
        next: '`homeostat snapshots` lists what can be undone, with ids for `homeostat undo ID`.',
      });
    if (options.force === true) await force(target, options, session);
    else if (options.cascade === true) await cascade(target, options, session);
    else await act('rollback', { id: target, ...common(options) }, session);
  });
}

/** In spite of later changes: shown first, then approved on the spot or not done at all. */
async function force(id: string, options: UndoOptions, session: Session): Promise<void> {
  const operator = await forPerson('undo --force', options, session);
  const report = await operator.undoByForce({ id, ...common(options) }, session.connection());
  const held = report.outcome === 'held' ? report.action_id : null;
  if (held === null) return session.show('rollback', report);
  try {
    session.show('rollback', await carryOut(held, operator, session));
  } catch (error) {
    operator.deny(held, 'asked for by force, and not approved there and then');
    throw error;
  }
}

/** First the later actions that overlap, newest first; each is an action of its own, and the first that fails ends it. */
async function cascade(id: string, options: UndoOptions, session: Session): Promise<void> {
  const operator = await forPerson('undo --cascade', options, session);
  const later = operator.overlapping(id);
  for (const { action_id, summary, agent } of later)
    note(
      `${options.dryRun === true ? 'would undo first' : 'first undoes'} ${action_id} (${agent}): ${summary}`,
    );
  if (options.dryRun === true) {
    if (options.json === true) print(jsonText({ first: later }));
    return;
  }
  const proof = await session.proof(`Passphrase to undo ${id} and ${later.length} later actions: `);
  await operator.confirm(`undo --cascade ${id}`, proof);
  let report: Report | null = null;
  for (const one of [...later.map(({ action_id }) => action_id), id]) {
    report = await session.call('rollback', { id: one, ...common(options) });
    const held = report.outcome === 'held' && 'action_id' in report ? report.action_id : null;
    if (held !== null) report = await carryOut(held, operator, session, proof);
    if (report.outcome !== 'succeeded') break;
    note(`undid ${one}`);
  }
  if (report !== null) session.show('rollback', report);
}

/** Shows what is held, takes the passphrase for it, and commits it. What was typed for all is asked for no more. */
async function carryOut(id: string, operator: Operator, session: Session, given?: Proof): Promise<Report> {
  const shown = operator.show(id);
  note(shown.text);
  const proof = given ?? (await session.proof('Passphrase to approve this: '));
  await operator.approve(id, shown.digest, proof);
  return operator.resume(id, session.connection());
}

/** Nothing is begun for one who can prove nothing. */
async function forPerson(what: string, options: UndoOptions, session: Session): Promise<Operator> {
  const operator = await session.operator();
  if (options.dryRun === true) return operator;
  if (!operator.enrolled())
    throw new HomeostatError('approver_missing', `${what} needs an approver, and none is enrolled`);
  if (options.passphraseStdin !== true && !atTerminal())
    throw new HomeostatError('terminal_required', `${what} needs the approver’s passphrase`);
  return operator;
}
