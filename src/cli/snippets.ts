import { join, sep } from 'node:path';
import { PACKAGE_ROOT } from '../app.ts';
import { shellLine } from './quote.ts';

/** How a client starts this very program: by its name where it is installed as a package, by its path in a checkout. */
function invocation(): { command: string; args: string[] } {
  const installed = PACKAGE_ROOT.includes(`${sep}node_modules${sep}`);
  if (installed) return { command: 'npx', args: ['-y', 'homeostat'] };
  return { command: 'node', args: [join(PACKAGE_ROOT, 'dist', 'main.js')] };
}

/** How a client starts the server on a folder. */
export function serverEntry(root: string, program = invocation()): { command: string; args: string[] } {
  return { command: program.command, args: [...program.args, 'serve', '--stdio', '--root', root] };
}

/** What to put into each client so that it starts the server. */
export function snippets(root: string, program = invocation()): string {
  const server = serverEntry(root, program);
  const json = (value: unknown): string => JSON.stringify(value, null, 2);
  const link = `cursor://anysphere.cursor-deeplink/mcp/install?name=homeostat&config=${encodeURIComponent(
    Buffer.from(JSON.stringify(server)).toString('base64'),
  )}`;
  return `Connect a client (then ask it: "show homeostat's status")

Claude Code
  claude mcp add homeostat -- ${shellLine([server.command, ...server.args])}

Claude Desktop (claude_desktop_config.json) and Cursor (~/.cursor/mcp.json)
${indent(json({ mcpServers: { homeostat: server } }))}

Cursor, by one click
  ${link}

VS Code (.vscode/mcp.json)
${indent(json({ servers: { homeostat: { type: 'stdio', ...server } } }))}
`;
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');
