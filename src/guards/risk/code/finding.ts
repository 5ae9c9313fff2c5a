/** Languages whose code can stand in a command line. */
export const LANGUAGES = ['python', 'javascript', 'ruby', 'perl', 'php', 'lua', 'awk', 'powershell'] as const;
export type Language = (typeof LANGUAGES)[number];

/**
 * What a call does. `shell` runs a shell line, `command` a program with arguments, `code` further code of the same
 * language; `fetch` gets from the network, `send` gives to it; `database` runs SQL; `wipe` empties or drops what a
 * client library manages elsewhere (a collection, an index, a bucket).
 */
export const FINDING_KINDS = [
  'delete',
  'write',
  'read',
  'chmod',
  'kill',
  'shell',
  'command',
  'code',
  'fetch',
  'send',
  'database',
  'wipe',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** What one call in a piece of code does, as far as its text shows. Texts that cannot be known are null. */
export interface CodeFinding {
  readonly kind: FindingKind;
  /**
   * The paths, the shell line, the code, the URL, the SQL or the names; for `command` its arguments, program first.
   * The home folder is written `~`, the working folder `.`.
   */
  readonly texts: readonly (string | null)[];
  readonly recursive: boolean;
  /** The call as it stands in the code. */
  readonly evidence: string;
}

export interface CodeScan {
  readonly findings: readonly CodeFinding[];
  /** Where the code hides what it calls, so that the findings may not be all; null where it does not. */
  readonly hidden: string | null;
}
