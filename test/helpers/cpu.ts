/**
 * Milliseconds of processor time that this process has used for some work. Bounds on it are many times what the work
 * takes, and far below what it would take if it grew faster than its input: a busy machine passes them too.
 */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
