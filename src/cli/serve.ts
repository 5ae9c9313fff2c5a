import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { VERSION, openApp } from '../app.ts';
import { asHomeostatError, HomeostatError } from '../core/errors.ts';
import { serveStdio } from '../server/mcp/stdio.ts';
import { EXIT } from './exit-codes.ts';
import { stopOnSignal } from './stop-signal.ts';

const OPTIONS = {
  stdio: { type: 'boolean' },
  config: { type: 'string' },
  root: { type: 'string', multiple: true },
  agent: { type: 'string' },
  toolsets: { type: 'string' },
  'read-only': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const HELP = `homeostat serve --stdio [--config FILE] [--root DIR]... [--agent CARD] [--toolsets LIST] [--read-only]

Speaks MCP on standard input and output.`;

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

/** `homeostat serve --stdio`; parsed without the CLI's own library, which a server does not need. */
export async function serve(argv: string[]): Promise<void> {
  try {
    const values = parse(argv);
    if (values.help === true) {
      process.stdout.write(`${HELP}\n`);
      return;
    }
    const app = openApp({
      config: values.config,
      roots: values.root,
      toolsets: values.toolsets?.split(','),
      readOnly: values['read-only'],
      serving: true,
    });
    const { username } = userInfo();
    stopOnSignal(app, username);
    // A name that does not exist is told to the person who wrote it, not to the client later.
    if (values.toolsets !== undefined) app.gateway.tools();
    const card = values.agent ?? null;
    if (card !== null && !app.cards().has(card)) {
      throw new HomeostatError(
        'not_found',
        `there is no card ${card}; there are ${[...app.cards().keys()].join(', ')}`,
      );
    }
    await serveStdio({
      gateway: app.gateway,
      cards: app.cards,
      prompts: app.prompts,
      version: VERSION,
      card,
      user: username,
      cwd: process.cwd(),
    });
    process.exit(EXIT.done);
  } catch (error) {
    const { code, message, next } = asHomeostatError(error);
    process.stderr.write(`homeostat: ${code}: ${message}\n  ${next}\n`);
    process.exit(EXIT.usage);
  }
}
