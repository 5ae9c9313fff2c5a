import { Readable } from 'node:stream';
import Docker from 'dockerode';
import type { BuildRequest } from '../../core/engine-objects.ts';
import { HomeostatError } from '../../core/errors.ts';

interface Told {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

const LAST_CHARACTERS = 2000;

/** Builds with the engine's own builder, which needs nothing but the archive; answers the image's id. */
export async function build(to: Docker, request: BuildRequest): Promise<string> {
  const { archive, dockerfile, args, labels, target, network, memoryBytes, signal, progress } = request;
  // A step that says nothing for long is no connection that is dead.
  const modem: unknown = Object.create(to.modem, { timeout: { value: undefined } });
  const patient = new Docker({ modem } as Docker.DockerOptions);
  const options = {
    dockerfile,
    buildargs: args,
    labels,
    ...(target === null ? {} : { target }),
    ...(network === null ? {} : { networkmode: network }),
    memory: memoryBytes,
    memswap: memoryBytes,
    rm: true,
    forcerm: true,
    version: '1',
    abortSignal: signal,
  };
  const stream = (await patient.buildImage(Readable.from(archive), options as object)) as Readable;
  const end = (): void => void stream.destroy(new Error('the build was ended'));
  signal.addEventListener('abort', end);
  let id: string | undefined;
  let said = '';
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject);
      to.modem.followProgress(
        stream,
        (error) => (error === null ? resolve() : reject(error)),
        ({ stream: line = '', status = '', error, aux }: Told) => {
          id = aux?.ID ?? id;
          said = `${said}${line || status}${error ?? ''}`.slice(-LAST_CHARACTERS);
          if (line.startsWith('Step ')) progress(line.trim());
        },
      );
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new HomeostatError('engine_error', `the build failed; its last lines: ${said.trim()}`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
  if (id === undefined) throw new HomeostatError('engine_error', `the build made no image: ${said.trim()}`);
  return id;
}
