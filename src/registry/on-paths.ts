/** Effects that a path is graded for. */
export const ON_PATHS: ReadonlySet<string> = new Set(['read', 'write', 'overwrite', 'delete', 'chmod']);
