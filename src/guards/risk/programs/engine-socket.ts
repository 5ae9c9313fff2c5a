import { isEngineSocket } from '../../../core/host-power.ts';
import { isKnown, known } from '../shell/value.ts';
import type { Engine, Handler, Stream } from './engine.ts';
import { reportRequest } from './http-request.ts';

const REQUEST = /^([A-Z]{3,8}) (\S+) HTTP\/\d/gm;

/** What is sent byte by byte: the requests that can be read in it; to a container engine else anything at all. */
export function reportSent(to: readonly string[], sent: Stream | null, engine: Engine): void {
  const text = sent !== null && isKnown(sent) ? sent.text : '';
  const requests = [...text.matchAll(REQUEST)];
  for (const [, method = '', url = ''] of requests) reportRequest(method, known(url), known(text), engine);
  const socket = to.find(isEngineSocket);
  if (socket === undefined || requests.length > 0) return;
  engine.found({
    kind: 'privilege',
    resource: socket,
    level: 'HIGH',
    reason: 'It speaks to the container engine, which can do anything on this machine.',
    reversibility: 'irreversible',
    rule: 'engine-socket',
  });
}

/** nc and its kin. */
export const netcat: Handler = ({ args, stdin }, engine) =>
  reportSent(
    args.map(({ text }) => text),
    stdin,
    engine,
  );
