import { HomeostatError } from '../../core/errors.ts';

/** Whoever asks how things are is not kept waiting by an engine that hangs. */
const MOST_S = 3;

/** The engine's answer, where it comes soon; else the question is taken back, so that no process waits for it. */
export async function soon<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(MOST_S * 1000);
  try {
    return await ask(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HomeostatError('engine_unreachable', `the engine has said nothing for ${MOST_S} s`);
  }
}
