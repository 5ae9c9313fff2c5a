import type { Value } from '../shell/value.ts';
import { reportSent } from './engine-socket.ts';
import type { Engine, Handler } from './engine.ts';
import { isHarmless } from './rules.ts';

const NETWORK = /^(TCP|UDP|UDPLITE|SSL|OPENSSL|SOCKS|PROXY|SCTP|DCCP|IP|VSOCK)/;
const COMMAND = /^(EXEC|SYSTEM|SHELL)$/;
const OPENED = /^(OPEN|GOPEN|FILE)$/;
const CREATED = /^(CREATE|CREAT)$/;

interface Address {
  readonly kind: string;
  /** What follows the kind, without the options after it. */
  readonly value: Value;
  readonly folder: string | undefined;
}

/** socat: what it joins may be connections, files and programs. */
export const handle: Handler = (call, engine) => {
  if (isHarmless(call)) return;
  const sides = call.parsed.operands.map((operand) => addresses(operand));
  const all = sides.flat();
  const connected = all.some(({ kind }) => NETWORK.test(kind));
  if (connected) engine.found({ kind: 'network', level: 'MEDIUM', reversibility: 'irreversible' });
  for (const [i, side] of sides.entries())
    for (const address of side) judge(address, i > 0, connected, engine);
  const to = all.map(({ value }) => value.text);
  reportSent(to, call.stdin, engine);
  if (connected && call.stdin !== null)
    engine.found({ kind: 'exfiltration', resource: call.stdin.text, level: 'MEDIUM' });
};

/** The address, or both of them where one is read and the other written (`a!!b`). */
function addresses(operand: Value): Address[] {
  return operand.text.split('!!').map((text) => {
    const plain = /^[./~]/.test(text);
    const cut = text.indexOf(':');
    const [target = '', ...options] = (plain ? text : cut < 0 ? '' : text.slice(cut + 1)).split(',');
    return {
      kind: plain ? 'GOPEN' : (cut < 0 ? text : text.slice(0, cut)).toUpperCase(),
      value: { ...operand, text: target },
      folder: options.find((option) => /^(chdir|cd)=/.test(option))?.replace(/^\w+=/, ''),
    };
  });
}

function judge({ kind, value, folder }: Address, second: boolean, connected: boolean, engine: Engine): void {
  if (COMMAND.test(kind)) {
    engine.code('shell', value);
    const reason = 'It hands the connection a program of this machine.';
    if (connected)
      engine.found({
        kind: 'exec',
        resource: value.text,
        level: 'CRITICAL',
        reason,
        reversibility: 'irreversible',
      });
    return;
  }
  const path = folder === undefined ? value : { ...value, text: `${folder}/${value.text}` };
  if (CREATED.test(kind)) return engine.found({ kind: 'overwrite', path });
  if (!OPENED.test(kind) || isSocket(path.text)) return;
  engine.found({ kind: second ? 'write' : 'read', path });
  const reason = 'It sends a file over the network.';
  if (connected && !second)
    engine.found({ kind: 'exfiltration', resource: path.text, level: 'HIGH', reason });
}

const isSocket = (path: string): boolean => /\.sock(et)?$|^\/dev\/(tty|null|pts)/.test(path);
