import { HomeostatError } from '../core/errors.ts';
import type { GrantInfo } from '../core/grants.ts';
import { LEVELS, type Level } from '../core/risk.ts';
import { line } from './inspect.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, jsonText, note, print } from './terminal.ts';

export interface GrantOptions extends GlobalOptions {
  readonly for?: string;
  readonly count?: number;
}

export const COUNT = 10;
const MOST_HOURS = 24;

/** How long, as a person says it: `30m`, `1h`. */
export function hoursOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(m|h)$/.exec(text) ?? [];
  const hours = Number(number) / (unit === 'm' ? 60 : 1);
  if (hours > 0 && hours <= MOST_HOURS) return hours;
  throw new HomeostatError(
    'invalid_input',
    `--for ${text}: a time such as 30m or 2h, at most ${MOST_HOURS}h`,
  );
}

/** `homeostat grants`: what was allowed beforehand and may still be used. */
export async function grants(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    const open = (await operator()).grants();
    if (options.json === true) return print(jsonText({ grants: open }));
    for (const grant of open) tellGrant(grant);
    if (open.length === 0) note('nothing is granted');
  });
}

/** `homeostat grants add`: allows beforehand what fits a pattern, up to a level, so many times. */
export async function addGrant(
  pattern: string,
  options: GrantOptions & { by?: string; tool?: string; ceiling?: string },
): Promise<void> {
  const { by: agent, tool = 'run_command', ceiling = 'HIGH' } = options;
  if (agent === undefined)
    throw new HomeostatError(
      'invalid_input',
      'grants add: --by AGENT is missing: whom it is for, as the record names them',
    );
  if (!isLevel(ceiling))
    throw new HomeostatError('invalid_input', `--ceiling ${ceiling}: one of ${LEVELS.join(', ')}`);
  const request = {
    agent,
    tool,
    pattern,
    ceiling,
    count: options.count ?? COUNT,
    hours: hoursOf(options.for ?? '1h'),
  };
  await withSession(options, async ({ operator, proof }) => {
    const person = await operator();
    told(await person.grant(request, await proof(`Passphrase to grant ${pattern}: `)), options);
  });
}

export async function revokeGrant(id: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ operator }) => {
    (await operator()).revokeGrant(id);
    if (options.json === true) print(jsonLine({ id, revoked: true }));
    else note(`${id} is taken back`);
  });
}

function told(grant: GrantInfo, options: GlobalOptions): void {
  if (options.json === true) print(jsonLine(grant));
  else tellGrant(grant);
}

export const tellGrant = ({ id, agent, tool, pattern, ceiling, remaining, expires }: GrantInfo): void =>
  line(id, agent, tool, `up to ${ceiling}`, `${remaining} times until ${expires.slice(0, 16)}Z`, pattern);

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);
