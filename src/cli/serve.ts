import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { VERSION, openApp } from '../app.ts';
import { asHomeostatError, HomeostatError } from '../core/errors.ts';
import { serveStdio } from '../server/mcp/stdio.ts';
import { checkCardName, runName } from './card-name.ts';
import { EXIT } from './exit-codes.ts';
import { stopOnSignal } from './stop-signal.ts';

const OPTIONS = {
  stdio: { type: 'boolean' },
  http: { type: 'boolean' },
  host: { type: 'string' },
  port: { type: 'string' },
  config: { type: 'string' },
  root: { type: 'string', multiple: true },
  agent: { type: 'string' },
  'run-id': { type: 'string' },
  under: { type: 'string' },
  toolsets: { type: 'string' },
  'read-only': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const HELP = `homeostat serve --stdio [--config FILE] [--root DIR]... [--agent CARD [--run-id NAME] [--under CARD]] [--toolsets LIST] [--read-only]
homeostat serve --http [--host ADDRESS] [--port PORT] [the same, but for --agent]

Speaks MCP on standard input and output, or over HTTP on an address of the loopback (127.0.0.1, port 7433). Each client
over HTTP needs a token: homeostat token add NAME.`;

function parse(argv: string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: argv, options: OPTIONS, strict: true }).values;
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new HomeostatError('invalid_input', what, {
      next: '`homeostat serve --help` shows every option.',
      cause,
    });
  }
}

/** Options that speak of the one way to serve are no use with the other, and somebody expects something of them. */
function checkTogether({ stdio, http, host, port, agent }: ReturnType<typeof parse>): void {
  const wrong = http === true ? { '--stdio': stdio, '--agent': agent } : { '--host': host, '--port': port };
  const [name] = Object.entries(wrong).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  const next =
    name === '--agent'
      ? 'A token has its card: `homeostat token add NAME --agent CARD`.'
      : '`homeostat serve --help` shows every option.';
  throw new HomeostatError(
    'invalid_input',
    `${name} does not go ${http === true ? 'with' : 'without'} --http`,
    {
      next,
    },
  );
}

/** `homeostat serve`; parsed without the CLI's own library, which a server does not need. */
export async function serve(argv: string[]): Promise<void> {
  try {
    const values = parse(argv);
    if (values.help === true) {
      process.stdout.write(`${HELP}\n`);
      return;
    }
    const overHttp = values.http === true;
    checkTogether(values);
    const app = openApp({
      config: values.config,
      roots: values.root,
      toolsets: values.toolsets?.split(','),
      readOnly: values['read-only'],
      serving: true,
      agent: values.agent,
    });
    const { username } = userInfo();
    stopOnSignal(app, username);
    // A name that does not exist is told to the person who wrote it, not to the client later.
    if (values.toolsets !== undefined) app.gateway.tools();
    const card = values.agent ?? null;
    checkCardName(card, app.cards);
    const run = runName(values['run-id'], card);
    const { gateway, cards, prompts } = app;
    const face = { gateway, cards, prompts, version: VERSION, user: username, cwd: process.cwd() };
    const under = values.under;
    if (under !== undefined && card === null)
      throw new HomeostatError('invalid_input', '--under: it narrows a card: give --agent too');
    checkCardName(under ?? null, app.cards);
    if (overHttp) {
      const { portOf, serveOverHttp } = await import('./serve-http.ts');
      await serveOverHttp(app, face, { host: values.host ?? '127.0.0.1', port: portOf(values.port) });
    } else await serveStdio({ ...face, client: null, card, run, under });
    process.exit(EXIT.done);
  } catch (error) {
    const { code, message, next } = asHomeostatError(error);
    process.stderr.write(`homeostat: ${code}: ${message}\n  ${next}\n`);
    process.exit(EXIT.usage);
  }
}
