/** What clients of the HTTP face may take up; times in milliseconds, sizes in bytes. */
export interface HttpLimits {
  readonly connections: number;
  readonly headerBytes: number;
  /** Until all headers, and until the whole request, have come. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly bodyBytes: number;
  /** Answers, streams among them, that are open at once with one token. */
  readonly requestsOfToken: number;
  readonly sessions: number;
  readonly sessionsOfToken: number;
  /** Calls of one session that run at once. */
  readonly callsOfSession: number;
  /** A session that nothing is heard of, and that nothing runs in, ends. */
  readonly idleMs: number;
  /** A client that reads nothing of its answer for so long is cut off. */
  readonly unreadMs: number;
  /** What of a session is kept to be sent again. */
  readonly events: number;
  readonly eventBytes: number;
}

export const LIMITS: HttpLimits = {
  connections: 256,
  headerBytes: 16_384,
  headersMs: 10_000,
  requestMs: 30_000,
  bodyBytes: 4_194_304,
  requestsOfToken: 64,
  sessions: 128,
  sessionsOfToken: 16,
  callsOfSession: 16,
  idleMs: 600_000,
  unreadMs: 30_000,
  events: 256,
  eventBytes: 2_097_152,
};
