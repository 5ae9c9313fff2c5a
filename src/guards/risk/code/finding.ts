/** Languages whose code can stand in a command line. */
export const LANGUAGES = ['python', 'javascript', 'ruby', 'perl', 'php', 'lua', 'awk', 'powershell'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What one call in a piece of code does, as far as its text shows. Texts that cannot be known are null. */
export interface CodeFinding {
  /**
   * `shell` runs a shell line, `command` a program with arguments, `code` further code of the same language;
   * `fetch` gets from the network, `send` gives to it.
   */
  readonly kind: 'delete' | 'write' | 'read' | 'chmod' | 'kill' | 'shell' | 'command' | 'code' | 'fetch' | 'send' | 'database';
  /** The paths, the shell line, the code, the URL or the SQL; for `command` its arguments, program first. */
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
