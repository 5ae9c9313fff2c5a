import type { IncomingMessage } from 'node:http';
import type { TokenInfo, TokenScope, Tokens } from '../../core/tokens.ts';

/** Why a request is turned away; what is said to whoever sent it. */
export interface Refused {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const isRefused = (what: object): what is Refused => 'status' in what;

/** What a client leaves out of an address. */
const USUAL_PORT = 80;

/** Names of this machine that mean itself; a page that a browser has open elsewhere comes with another. */
export const ownNames = (host: string, port: number): ReadonlySet<string> => {
  const names = ['127.0.0.1', 'localhost', '[::1]', host];
  return new Set([...names.map((name) => `${name}:${port}`), ...(port === USUAL_PORT ? names : [])]);
};

/**
 * Whether the request was meant for this server and comes from no foreign web page: a name that was made to lead here
 * (DNS rebinding) shows in Host, a page in Origin.
 */
export function foreign({ headersDistinct }: IncomingMessage, own: ReadonlySet<string>): Refused | null {
  const [host, another] = headersDistinct['host'] ?? [];
  if (host === undefined || another !== undefined || !own.has(host.toLowerCase()))
    return { status: 403, message: 'the Host header names no address of this server' };
  const from = headersDistinct['origin']?.join().toLowerCase();
  if (from !== undefined && !(from.startsWith('http://') && own.has(from.slice('http://'.length))))
    return { status: 403, message: 'requests of web pages are not answered' };
  return null;
}

const BEARER = /^Bearer ([\w.~+/-]{1,200}=*)$/i;

/** Who comes with the request's token; every one that is turned away is on record. */
export function bearerOf(
  { headersDistinct }: IncomingMessage,
  scope: TokenScope,
  tokens: Tokens,
): TokenInfo | Refused {
  const [authorization, another] = headersDistinct['authorization'] ?? [];
  // Of two, nobody can say which is meant.
  const token = another === undefined ? BEARER.exec(authorization ?? '')?.[1] : undefined;
  const bearer = token === undefined ? null : tokens.bearer(token);
  if (bearer === null) {
    tokens.refused(authorization === undefined ? 'no token' : 'a token that is not known', null);
    const error = authorization === undefined ? '' : ', error="invalid_token"';
    return {
      status: 401,
      message: 'a token is needed: homeostat token add NAME',
      headers: { 'www-authenticate': `Bearer realm="homeostat"${error}` },
    };
  }
  if (bearer.scope === scope) return bearer;
  tokens.refused(`a token for ${bearer.scope} came for ${scope}`, bearer);
  return { status: 403, message: `this token is not for ${scope}` };
}
