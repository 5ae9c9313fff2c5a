import { HomeostatError } from '../../core/errors.ts';

/** Whoever asks how things are is not kept waiting by an engine that hangs. */
const MOST_S = 3;

/** The engine's answer, where it comes soon. */
export async function soon<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const silent = new HomeostatError('engine_unreachable', `the engine has said nothing for ${MOST_S} s`);
    timer = setTimeout(() => reject(silent), MOST_S * 1000);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
