import { fileURLToPath } from 'node:url';
import { asHomeostatError } from '../core/errors.ts';
import type { HookSettings, Hooks } from '../core/hook.ts';
import { visibleLine } from '../core/visible.ts';
import { openHooks } from '../hooks.ts';
import type { HookCall, Said, Vendor } from './hook/call.ts';
import { claudeCode } from './hook/claude-code.ts';
import { cursor } from './hook/cursor.ts';

const VENDORS: Readonly<Record<string, Vendor>> = { 'claude-code': claudeCode, cursor };

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** The state, opened for hooks; several calls may be answered from it. */
export const openForHooks = async (env: NodeJS.ProcessEnv): Promise<Hooks> => openHooks(env, PACKAGE);

/** Answers one call; whatever fails is a refusal that says why. It throws only where not even that can be recorded. */
export function answerCall(call: HookCall, hooks: Hooks): Said {
  const vendor = vendorOf(call.client);
  let tool = 'unreadable input';
  try {
    const request = vendor.request(call);
    ({ tool } = request);
    return vendor.say(call, hooks.answer(request, settingsOf(call)));
  } catch (error) {
    const { message, next } = asHomeostatError(error);
    return vendor.refuse(hooks.refuse(call.client, tool, `${message}. ${next}`).reason);
  }
}

/** Answers one call in this process, from a state that is opened for it. Whatever fails is a refusal. */
export async function answerAlone(call: HookCall): Promise<{ said: Said; failed: boolean }> {
  try {
    const hooks = await openForHooks(process.env);
    try {
      return { said: answerCall(call, hooks), failed: false };
    } finally {
      hooks.close();
    }
  } catch (error) {
    const { code, message, next } = asHomeostatError(error);
    const reason = visibleLine(`homeostat: ${code}: ${message} ${next}`).slice(0, 700);
    return { said: vendorOf(call.client).refuse(reason), failed: true };
  }
}

/** A client that nobody knows is answered in the form that most of them share: exit code 2. */
function vendorOf(client: string): Vendor {
  return (Object.hasOwn(VENDORS, client) ? VENDORS[client] : undefined) ?? claudeCode;
}

/** `--config FILE` and `--root DIR`, as `homeostat serve` has them. */
function settingsOf({ args, env }: HookCall): HookSettings {
  const values = (name: string): string[] =>
    args.flatMap((arg, i) => (arg === name && args[i + 1] !== undefined ? [String(args[i + 1])] : []));
  return { config: values('--config').at(-1), roots: values('--root'), configHome: env['XDG_CONFIG_HOME'] };
}
