import type { ErrorClass } from '../core/errors.ts';
import type { Report } from '../core/outcome.ts';

/** What the process says by its end; documented in `docs/cli.md`. */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, pending: 4 } as const;

export const CLASS_EXIT: Record<ErrorClass, number> = {
  refused: EXIT.refused,
  held: EXIT.pending,
  failed: EXIT.failed,
};

export function exitOf(report: Report): number {
  if (report.outcome === 'succeeded') return EXIT.done;
  if (report.outcome === 'held') return EXIT.pending;
  if (report.error?.code === 'invalid_input') return EXIT.usage;
  return report.outcome === 'denied' ? EXIT.refused : EXIT.failed;
}
