import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { AskPerson } from '../../core/principal.ts';

/** Nothing is chosen beforehand: a client that answers by itself has nothing to answer with. */
const FORM = {
  type: 'object' as const,
  properties: {
    decision: {
      type: 'string' as const,
      title: 'Decision',
      description: 'approve lets exactly this happen; deny ends it',
      enum: ['approve', 'deny'],
    },
    reason: {
      type: 'string' as const,
      title: 'Reason',
      description: 'For the agent to read, where you deny',
      maxLength: 300,
    },
  },
  required: ['decision'],
};

/** The client's own form (MCP elicitation); undefined where the client has none. */
export function askThrough(server: Server, during: RequestId): AskPerson | undefined {
  const { elicitation } = server.getClientCapabilities() ?? {};
  // A client of before the two modes says an empty object, and means a form.
  if (elicitation === undefined || (elicitation.form === undefined && elicitation.url !== undefined))
    return undefined;
  return async (message, ms, signal) => {
    try {
      const { action, content } = await server.elicitInput(
        { mode: 'form', message, requestedSchema: FORM },
        // Over HTTP it goes out on the stream of the call that it is about.
        { timeout: ms, signal, relatedRequestId: during },
      );
      const { decision, reason } = content ?? {};
      if (action !== 'accept' || (decision !== 'approve' && decision !== 'deny')) return { said: 'nothing' };
      return { said: decision, reason: typeof reason === 'string' ? reason : null };
    } catch {
      // Timed out, cancelled, or the client failed at it: nobody has said anything.
      return { said: 'nothing' };
    }
  };
}
