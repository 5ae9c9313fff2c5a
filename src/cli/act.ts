import { TOOLSETS } from '../core/config.ts';
import { HomeostatError } from '../core/errors.ts';
import type { ActionReport, Report } from '../core/outcome.ts';
import { exitOf } from './exit-codes.ts';
import { shellLine } from './quote.ts';
import { type GlobalOptions, type Session, withSession } from './session.ts';
import { atTerminal, note, paint, print } from './terminal.ts';

export interface ActOptions extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly reason?: string;
}

export const common = ({ dryRun, reason }: ActOptions): object => ({
  ...(dryRun === undefined ? {} : { dry_run: dryRun }),
  ...(reason === undefined ? {} : { reason }),
});

/** `homeostat run -- CMD…`: in the current folder, the words quoted back into one line. */
export async function run(words: string[], options: ActOptions): Promise<void> {
  await withSession(options, async (session) => {
    await act('run_command', { command: shellLine(words), ...common(options) }, session);
  });
}

/** `homeostat call TOOL JSON`: any tool, always as an agent. */
export async function call(tool: string, json: string | undefined, options: GlobalOptions): Promise<void> {
  let input: unknown;
  try {
    input = JSON.parse(json ?? '{}');
  } catch (cause) {
    throw new HomeostatError('invalid_input', `the input of ${tool} is not JSON: ${String(cause)}`, {
      cause,
    });
  }
  // A person at a terminal need not say of which toolset it is.
  const every = { ...options, toolsets: options.toolsets ?? [...TOOLSETS] };
  await withSession(every, async (session) => session.show(tool, await session.call(tool, input)));
}

/** Acts; where a person is asked and sits at this very terminal, they decide here, with their passphrase. */
export async function act(tool: string, input: object, session: Session): Promise<void> {
  const report = await session.call(tool, input);
  const id = report.outcome === 'held' && 'action_id' in report ? report.action_id : null;
  if (id === null || session.options.json === true || !atTerminal()) return session.show(tool, report);
  const decided = await decideHere(id, session);
  session.show(tool, decided ?? report);
}

async function decideHere(id: string, session: Session): Promise<Report | null> {
  const operator = await session.operator();
  if (!operator.enrolled()) return null;
  const shown = operator.show(id);
  print(shown.text);
  note(paint('bold', 'Approve? Passphrase, or Enter to leave it waiting.'));
  const proof = await session.proof('Passphrase: ');
  if (proof.passphrase === undefined) return null;
  await operator.approve(id, shown.digest, proof);
  const report: ActionReport = await operator.resume(id, session.connection());
  process.exitCode = exitOf(report);
  return report;
}
