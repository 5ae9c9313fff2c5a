import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { asHomeostatError, type ErrorBody } from '../../core/errors.ts';

export const invalid = (what: string): McpError => new McpError(ErrorCode.InvalidParams, what);

/** What is no tool has no report to say no in: it is an error of the protocol, which tells the same. */
export const refusal = ({ code, message, next }: ErrorBody): McpError =>
  invalid(`${code}: ${message}. ${next}`);

/** Turns our errors into the protocol's. */
export async function refused<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw refusal(asHomeostatError(error).body());
  }
}
