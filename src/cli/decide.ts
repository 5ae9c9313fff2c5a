import { HomeostatError } from '../core/errors.ts';
import { COUNT, type GrantOptions, hoursOf, tellGrant } from './grants.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, note, print } from './terminal.ts';

/** `homeostat approve ID`: shows exactly what is approved, then takes the proof. */
export async function approve(id: string, options: GrantOptions & { run?: boolean }): Promise<void> {
  await withSession(options, async (session) => {
    const operator = await session.operator();
    const shown = operator.show(id);
    if (options.json !== true) note(shown.text);
    if (!operator.enrolled())
      throw new HomeostatError('approver_missing', `approve ${id} needs an approver, and none is enrolled`);
    const proof = await session.proof('Passphrase to approve this: ');
    if (options.for !== undefined) {
      const term = { hours: hoursOf(options.for), count: options.count ?? COUNT };
      tellGrant(await operator.grantLike(id, term, proof));
    }
    // Approved already and now to be carried out here, as `approve` itself proposes.
    if (shown.status === 'approved' && options.run === true) await operator.confirm(`approve ${id}`, proof);
    else await operator.approve(id, shown.digest, proof);
    if (options.run === true) {
      session.show(shown.tool, await operator.resume(id, session.connection()));
    } else if (options.json === true) print(jsonLine({ action_id: id, status: 'approved' }));
    else note(`approved ${id}; the agent carries it out when it asks (or: homeostat approve ${id} --run)`);
  });
}

export async function deny(id: string, options: GlobalOptions & { reason?: string }): Promise<void> {
  await withSession(options, async ({ operator }) => {
    (await operator()).deny(id, options.reason ?? 'denied without a reason');
    done({ action_id: id, status: 'denied' }, options);
  });
}

export async function revoke(id: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    (await operator()).revoke(id);
    done({ action_id: id, status: 'revoked' }, options);
  });
}

export async function stop(reason: string[], options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ app, connection }) => {
    const { user } = connection().principal;
    await app.stop(reason.join(' ') || 'pulled by a person', `person/${user}`);
    done({ emergency_stop: true }, options);
  });
}

export async function release(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator, proof }) => {
    const person = await operator();
    await person.release(await proof('Passphrase to release the stop: '));
    done({ emergency_stop: false }, options);
  });
}

export async function trust(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator, proof, app }) => {
    const person = await operator();
    const own = [...app.cards().values()].filter((card) => card.own).map(({ name }) => name);
    const what = own.length === 0 ? app.configPath : `${app.configPath} and the cards ${own.join(', ')}`;
    await person.trustConfig(await proof(`Passphrase to trust ${what}: `));
    done({ trusted: app.configPath, ...(own.length === 0 ? {} : { cards: own }) }, options);
  });
}

function done(what: object, options: GlobalOptions): void {
  if (options.json === true) print(jsonLine(what));
  else
    note(
      Object.entries(what)
        .map(([key, value]) => `${key}: ${String(value)}`)
        .join(', '),
    );
}
