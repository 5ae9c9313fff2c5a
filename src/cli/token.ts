import { line } from './inspect.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, jsonText, note, print } from './terminal.ts';

/** `homeostat token`: who may come over HTTP. */
export async function tokens(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    const all = (await operator()).tokens();
    if (options.json === true) return print(jsonText({ tokens: all }));
    for (const { name, scope, card, created } of all)
      line(name, scope, card === null ? 'no card' : `card ${card}`, `since ${created.slice(0, 10)}`);
    if (all.length === 0) note('no client may come over HTTP; homeostat token add NAME');
  });
}

/** `homeostat token add`: prints a new token, this once; a person's passphrase makes it. */
export async function addToken(name: string, options: GlobalOptions & { metrics?: boolean }): Promise<void> {
  await withSession(options, async ({ operator, proof }) => {
    const scope = options.metrics === true ? 'metrics' : 'mcp';
    const info = { name, card: options.agent ?? null, scope } as const;
    const token = await (await operator()).addToken(info, await proof(`Passphrase to let ${name} in: `));
    if (options.json === true) return print(jsonLine({ ...info, token }));
    print(token);
    note('shown this once; the client sends it as “Authorization: Bearer TOKEN”');
  });
}

export async function revokeToken(name: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    (await operator()).revokeToken(name);
    if (options.json === true) print(jsonLine({ name, revoked: true }));
    else note(`${name} is let in no more`);
  });
}
