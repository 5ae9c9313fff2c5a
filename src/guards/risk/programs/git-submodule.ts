import type { Handler } from './engine.ts';

/** `git submodule foreach`: one word is a shell line, several are a command with its own options. */
export const handle: Handler = ({ args }, engine) => {
  const at = args.findIndex((arg) => !arg.text.startsWith('-'));
  if (args[at]?.text !== 'foreach') return;
  const rest = args.slice(at + 1);
  const start = rest.findIndex((arg) => !/^(-q|--quiet|--recursive|--)$/.test(arg.text));
  const command = start < 0 ? [] : rest.slice(start);
  const [line] = command;
  if (line === undefined) return;
  if (command.length === 1) engine.code('shell', line);
  else engine.command(command);
};
