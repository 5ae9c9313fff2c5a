import type { Program } from '../../../registry/commands.ts';
import type { Value } from '../shell/value.ts';
import { parseArguments } from './arguments.ts';
import type { Engine } from './engine.ts';

/** Options with which a client names the server that it talks to. */
const SERVER = [
  '--endpoint-url',
  '--endpoint',
  '--host',
  '--hostname',
  '--server',
  '--url',
  '--address',
  '--bootstrap-server',
  '--brokers',
  '--addr',
];
const LOCAL = /^(\w+:\/\/)?(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0|\/[^/].*)([:/]|$)/i;

/** A client that is told which server to talk to may be told one that only listens. */
export function applyServers(args: readonly Value[], { options }: Program, engine: Engine): void {
  const names = options.valued.includes('-h') ? [...SERVER, '-h'] : SERVER;
  // Most commands name none, and need not be sorted once more to know it.
  if (!args.some(({ text }) => names.some((name) => text.startsWith(name)))) return;
  const parsed = parseArguments(args, options);
  for (const server of names.flatMap((name) => parsed.options.get(name) ?? [])) {
    if (server === null || LOCAL.test(server.text)) continue;
    engine.found({
      kind: 'network',
      resource: server.text,
      level: 'MEDIUM',
      reason: 'It talks to the machine that is named, whichever that is.',
      reversibility: 'irreversible',
      rule: 'names-its-server',
    });
  }
}
