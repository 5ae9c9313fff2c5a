import { FROM, unknown } from '../shell/value.ts';
import type { Engine, Handler, Invocation } from './engine.ts';
import { isHarmless } from './rules.ts';

const SETTING = /^\s*(\w+)\s*(?:=|\s)\s*(.*)$/s;

const HERE = new Set(['proxycommand', 'localcommand', 'knownhostscommand']);

const LIBRARIES = new Set(['pkcs11provider', 'securitykeyprovider']);

/** What another machine is asked for: `host:path`, `host::module`, `rsync://host/path`. */
const REMOTE = /^(\w+:\/\/|[^/\s]+:)/;

/** ssh, scp, sftp, rsync: settings given by `-o` may name commands; what is copied from elsewhere is not to be trusted. */
export const handle: Handler = (call, engine) => {
  if (isHarmless(call)) return;
  fetched(call, engine);
  for (const setting of call.parsed.options.get('-o') ?? []) {
    const [, name, text] = SETTING.exec(setting?.text ?? '') ?? [];
    if (setting === null || name === undefined || text === undefined || text === 'none') continue;
    const key = name.toLowerCase();
    if (HERE.has(key)) engine.code('shell', { ...setting, text });
    else if (key === 'remotecommand') engine.code('shell', { ...setting, text }, { elsewhere: true });
    else if (LIBRARIES.has(key) && text !== 'internal') {
      engine.remark('ssh-library', 'HIGH', 'It loads the library that a setting names.', 'irreversible');
    }
  }
};

function fetched({ name, parsed }: Invocation, engine: Engine): void {
  if (name !== 'scp' && name !== 'rsync') return;
  const target = parsed.operands.at(-1);
  const source = parsed.operands.slice(0, -1).find(({ text }) => REMOTE.test(text));
  if (target === undefined || source === undefined || REMOTE.test(target.text)) return;
  engine.wrote(target, unknown(FROM.network));
  const base = source.text.split(/[/:]/).at(-1) ?? '';
  engine.wrote({ ...target, text: `${target.text.replace(/\/$/, '')}/${base}` }, unknown(FROM.network));
}
