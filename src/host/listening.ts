import { readFileSync } from 'node:fs';
import type { Listening } from '../core/engine.ts';

/** States of sockets that wait for somebody: LISTEN of TCP, and CLOSE, which UDP's are in until they are connected. */
const TABLES = [
  ['tcp', 'tcp', '0A'],
  ['tcp6', 'tcp', '0A'],
  ['udp', 'udp', '07'],
  ['udp6', 'udp', '07'],
] as const;

/** Ports of this machine that programs wait at, from `/proc/net` (proc_pid_net(5)); null where that cannot be told. */
export function listening(proc = '/proc/net'): Listening[] | null {
  const found = TABLES.map(([table, protocol, waits]) => {
    const text = textOf(`${proc}/${table}`);
    const rows = text?.split('\n').slice(1) ?? [];
    return text === null
      ? null
      : rows.flatMap((row): Listening[] => {
          const [, local = '', , state] = row.trim().split(/\s+/);
          const [address = '', port = ''] = local.split(':');
          return state === waits
            ? [{ protocol, address: addressOf(address), port: Number.parseInt(port, 16) }]
            : [];
        });
  });
  return found.every((rows) => rows === null) ? null : found.flatMap((rows) => rows ?? []);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

/** As the kernel writes it, in words of four bytes of which the last comes first; empty where it is every address. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].toReversed());
  if (bytes.every((byte) => byte === 0)) return '';
  if (bytes.length === 4) return bytes.join('.');
  const whole = Buffer.from(bytes).toString('hex');
  if (whole.startsWith(`${'0'.repeat(20)}ffff`)) return bytes.slice(-4).join('.');
  return new URL(`http://[${whole.replaceAll(/(.{4})(?=.)/g, '$1:')}]`).hostname.slice(1, -1);
}
