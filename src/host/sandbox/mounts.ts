import { readFileSync } from 'node:fs';

export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** Every mount that this process sees; see proc_pid_mountinfo(5). */
export function mounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split(' ');
      return { point: unescapeOctal(fields[4] ?? ''), type: fields[fields.indexOf('-') + 1] ?? '' };
    });
}

/** The kernel writes blanks and backslashes as octal bytes. */
const unescapeOctal = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * Sockets with a place in the file system that somebody listens at: one connects to them through a read-only mount too.
 * Those of other network namespaces are not told; see proc_pid_net_unix(5).
 */
export function openSockets(): string[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return [];
  }
  const paths = table.split('\n').map((line) => /^\S+ \S+ \S+ \S+ \S+ \S+ +\d+ (\/.*)$/.exec(line)?.[1]);
  return [...new Set(paths.filter((path) => path !== undefined))];
}
