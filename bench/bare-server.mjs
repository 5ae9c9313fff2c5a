// The reference of the benchmarks: the least that the SDK's server can be.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

const server = new McpServer({ name: 'bare', version: '1.0.0' });
server.registerTool(
  'get_status',
  { description: 'Answers ok.', inputSchema: {}, outputSchema: { status: z.string() } },
  async () => ({ content: [{ type: 'text', text: '{"status":"ok"}' }], structuredContent: { status: 'ok' } }),
);
await server.connect(new StdioServerTransport());
