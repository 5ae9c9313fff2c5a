import type { App } from '../app.ts';
import { asHomeostatError } from '../core/errors.ts';

/** SIGUSR2 to any process of homeostat pulls the emergency stop; the returned function ends that. */
export function stopOnSignal(app: App, user: string): () => void {
  const pull = (): void => {
    app.stop('pulled by SIGUSR2', `signal/${user}`).catch((error: unknown) => {
      // It holds in this process, and wherever the file could be written.
      process.stderr.write(`homeostat: ${asHomeostatError(error).message}\n`);
    });
  };
  process.on('SIGUSR2', pull);
  return () => void process.off('SIGUSR2', pull);
}
