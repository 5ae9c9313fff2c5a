import { HomeostatError, asHomeostatError } from '../core/errors.ts';
import { anchorTrouble } from './audit.ts';
import { EXIT } from './exit-codes.ts';
import { type GlobalOptions, type Session, withSession } from './session.ts';
import { jsonText, paint, print } from './terminal.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** The guarantee that rests on it, and what would give it. */
  readonly needs: string;
  /** False where its absence weakens a guarantee without making the product unusable. */
  readonly essential: boolean;
}

/** `homeostat doctor`: checks the machine and says what each guarantee needs. */
export async function doctor(options: GlobalOptions): Promise<void> {
  await withSession(options, async (session) => {
    const checks = [...(await session.app.survey()).map(fromSurvey), ...(await stateChecks(session))];
    const ok = checks.every((c) => c.ok || !c.essential);
    if (options.json === true) print(jsonText({ ok, checks }));
    else
      for (const c of checks)
        print(`${mark(c)} ${c.name.padEnd(18)} ${c.found}${c.ok ? '' : `\n    ${c.needs}`}`);
    process.exitCode = ok ? EXIT.done : EXIT.failed;
  });
}

const mark = (c: Check): string =>
  c.ok ? paint('green', 'ok  ') : c.essential ? paint('red', 'FAIL') : paint('yellow', 'weak');

function fromSurvey({
  name,
  found,
  needs,
  essential,
}: {
  name: string;
  found: string | null;
  needs: string;
  essential: boolean;
}): Check {
  return { name, ok: found !== null, found: found ?? 'missing', needs, essential };
}

async function stateChecks(session: Session): Promise<Check[]> {
  const { app } = session;
  const check = (name: string, ok: boolean, found: string, needs: string, essential = true): Check => ({
    name,
    ok,
    found,
    needs,
    essential,
  });
  const checks: Check[] = [];
  try {
    const operator = await session.operator();
    const chain = operator.verifyAudit();
    checks.push(
      check('state', true, app.home.folder, ''),
      check(
        'audit',
        chain.ok,
        chain.problem?.what ?? `${chain.records} records, chain whole`,
        'The record was tampered with or damaged.',
      ),
      check(
        'anchor',
        anchorTrouble(chain) === null,
        anchorTrouble(chain) ??
          (chain.anchor === null ? 'none' : `${chain.anchor.waiting} heads wait for it`),
        'Signed heads wait until `audit.anchor` of the configuration works; they are given to it with the next one.',
        false,
      ),
      check(
        'approver',
        operator.enrolled(),
        operator.enrolled() ? 'enrolled' : 'none',
        'Nothing can be approved: homeostat init',
        false,
      ),
    );
  } catch (error) {
    const { message, next } = asHomeostatError(error);
    checks.push(check('state', false, message, next));
  }
  const status = await session.call('get_status', {});
  const roots = (status.result as { roots?: string[]; configuration?: string } | null) ?? {};
  const problem = status.error === null ? null : new HomeostatError(status.error.code, status.error.message);
  checks.push(
    check(
      'roots',
      problem === null,
      problem?.message ?? roots.roots?.join(', ') ?? '',
      status.error?.next ?? '',
    ),
    check(
      'configuration',
      roots.configuration === 'none' || roots.configuration === 'trusted',
      `${app.configPath}: ${roots.configuration ?? 'not known'}`,
      roots.configuration === undefined
        ? 'Mend what is named above first.'
        : 'It may only tighten until a person runs: homeostat trust',
      false,
    ),
  );
  return checks;
}
