import { HomeostatError } from '../../core/errors.ts';
import type { OverSsh } from './over-ssh.ts';

interface EngineFailure extends Error {
  readonly statusCode?: number;
  readonly json?: { readonly message?: string };
  readonly code?: string;
}

/** Status codes of the engine's interface, https://docs.docker.com/reference/api/engine/. */
export const NOT_FOUND = 404;
const CONFLICT = 409;

export const isStatus = (error: unknown, status: number): boolean =>
  (error as EngineFailure | null)?.statusCode === status;

/** What the engine, or the way to it, says is wrong, in homeostat's words. */
export async function engineError(
  error: unknown,
  address: string,
  ssh: OverSsh | null,
  /** How long it has said nothing; null where that is not why. */
  silentMs: number | null = null,
): Promise<HomeostatError> {
  if (error instanceof HomeostatError) return error;
  const { statusCode, json, message, code } = error as EngineFailure;
  const said = json?.message ?? message;
  if (statusCode === undefined) {
    const silence = silentMs === null ? '' : `it has said nothing for ${silentMs / 1000} s`;
    const why = (await ssh?.lastWords()) || silence || `${code ?? ''} ${said}`.trim();
    return new HomeostatError('engine_unreachable', `${address}: ${why}`);
  }
  if (statusCode === NOT_FOUND) return new HomeostatError('not_found', said);
  return new HomeostatError(statusCode === CONFLICT ? 'engine_conflict' : 'engine_error', said);
}
