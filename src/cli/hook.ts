import { MOST, askResident } from './hook-socket.ts';
import type { HookCall, Said } from './hook/call.ts';

/** What of the hook's environment an answer depends on. */
const VARIABLES = ['XDG_CONFIG_HOME', 'CLAUDE_PROJECT_DIR', 'CURSOR_PROJECT_DIR'];

const CLIENTS = ['claude-code', 'cursor'];

/** So long, in milliseconds, the client may take to say what it wants. */
const INPUT = 10_000;

const HELP = `homeostat hook claude-code|cursor [--config FILE] [--root DIR]... [--no-ask] [--no-resident]

Assesses and records what a client is about to do with its own tools: reads the client's JSON on standard
input and answers in its published form. The client starts it; \`homeostat init --client NAME\` writes that down.
See docs/hooks.md.`;

/**
 * `homeostat hook CLIENT`, in two files that import nothing but Node's own: it stands between an agent and every
 * command. Whatever goes wrong ends with 2, which both clients take for a refusal.
 */
export async function hook(args: readonly string[]): Promise<void> {
  const [client = '', ...rest] = args;
  if (client === 'resident') {
    const { resident } = await import('./hook-resident.ts');
    return resident(rest);
  }
  if (rest.includes('--help') || client === '--help') return void process.stdout.write(`${HELP}\n`);
  try {
    if (!CLIENTS.includes(client))
      throw new Error(`there is no client ${client}; there are ${CLIENTS.join(', ')}`);
    const env = VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
    const input = await readInput();
    await answer({ client, args: rest, cwd: process.cwd(), env: Object.fromEntries(env), input });
  } catch (error) {
    await say({
      stdout: '',
      stderr: `homeostat: refused, since the hook failed: ${String(error)}\n`,
      code: 2,
    });
  }
}

async function answer(call: HookCall): Promise<void> {
  const alone = call.args.includes('--no-resident');
  const said = alone ? null : await askResident(call);
  if (said !== null) return say(said);
  const { answerAlone } = await import('./hook-answer.ts');
  const { said: own, failed } = await answerAlone(call);
  await say(own);
  if (alone || failed) return;
  const { startResident } = await import('./hook-resident.ts');
  startResident();
}

async function readInput(): Promise<string> {
  if (process.stdin.isTTY) throw new Error('the client’s JSON is read from standard input');
  const timer = setTimeout(() => process.stdin.destroy(new Error('the client’s input did not end')), INPUT);
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MOST) throw new Error(`the client’s input is longer than ${MOST} characters`);
  }
  clearTimeout(timer);
  return text;
}

/** Resolves when all of it has been written, since a pipe takes only so much at once. */
async function say({ stdout, stderr, code }: Said): Promise<void> {
  process.exitCode = code;
  if (stderr !== '') process.stderr.write(stderr);
  if (stdout !== '') await new Promise<void>((done) => process.stdout.write(stdout, () => done()));
}
