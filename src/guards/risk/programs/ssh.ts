import type { Handler } from './engine.ts';
import { isHarmless } from './rules.ts';

const SETTING = /^\s*(\w+)\s*(?:=|\s)\s*(.*)$/s;

const HERE = new Set(['proxycommand', 'localcommand', 'knownhostscommand']);

const LIBRARIES = new Set(['pkcs11provider', 'securitykeyprovider']);

/** ssh, scp, sftp: settings given by `-o` may name commands, of this machine or of the other. */
export const handle: Handler = (call, engine) => {
  if (isHarmless(call)) return;
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
