import { shellLine } from './quote.ts';

/** What to put into each client so that it starts the server. */
export function snippets(root: string): string {
  const server = { command: 'npx', args: ['-y', 'homeostat', 'serve', '--stdio', '--root', root] };
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
