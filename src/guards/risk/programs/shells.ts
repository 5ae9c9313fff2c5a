import { FROM, type Value, known, unknown } from '../shell/value.ts';
import type { Engine, Handler, Invocation, Stream } from './engine.ts';

const ENCODED = ['-EncodedCommand', '-encodedcommand', '-e', '-ec', '-enc', '-Enc'];
const POWERSHELL = ['-c', '-C', '-Command', '-command', ...ENCODED];

const CODE: Readonly<
  Record<
    string,
    {
      readonly language: 'python' | 'javascript' | 'ruby' | 'perl' | 'php' | 'lua' | 'awk' | 'powershell';
      readonly options: readonly string[];
    }
  >
> = {
  python: { language: 'python', options: ['-c'] },
  pypy: { language: 'python', options: ['-c'] },
  node: { language: 'javascript', options: ['-e', '--eval', '-p', '--print', '-pe'] },
  nodejs: { language: 'javascript', options: ['-e', '--eval', '-p', '--print', '-pe'] },
  bun: { language: 'javascript', options: ['-e', '--eval', '-p', '--print'] },
  deno: { language: 'javascript', options: [] },
  qjs: { language: 'javascript', options: ['-e', '--eval'] },
  ruby: { language: 'ruby', options: ['-e'] },
  irb: { language: 'ruby', options: ['-e'] },
  perl: { language: 'perl', options: ['-e', '-E'] },
  php: { language: 'php', options: ['-r', '-B', '-R', '-E', '--run'] },
  lua: { language: 'lua', options: ['-e'] },
  luajit: { language: 'lua', options: ['-e'] },
  awk: { language: 'awk', options: ['-e', '--source'] },
  gawk: { language: 'awk', options: ['-e', '--source'] },
  mawk: { language: 'awk', options: [] },
  nawk: { language: 'awk', options: [] },
  pwsh: { language: 'powershell', options: POWERSHELL },
  powershell: { language: 'powershell', options: POWERSHELL },
};

/** bash, sh and their kin: a line after -c, a script, or what is piped in. */
export const shell: Handler = ({ name, args, parsed, stdin }, engine) => {
  const { options } = parsed;
  // `bash +x -c line`: a plus takes an option back, and more may follow.
  const taken = args.findIndex((arg) => /^\+\w+$/.test(arg.text));
  if (taken >= 0 && args[taken] === parsed.operands[0])
    return engine.command([known(name), ...args.filter((_, i) => i !== taken)], { stdin });
  // A lone `-` ends the options, as `--` does.
  const operands = parsed.operands[0]?.text === '-' ? parsed.operands.slice(1) : parsed.operands;
  if (options.has('-n')) return unknown();
  for (const option of ['--rcfile', '--init-file'])
    for (const file of options.get(option) ?? [])
      if (file !== null && options.has('-i')) startup(file, engine);
  const [first, ...rest] = operands;
  if (options.has('-c'))
    return first === undefined
      ? unknown()
      : engine.code('shell', first, {
          args: rest.slice(1),
          stdin,
          ...(rest[0] === undefined ? {} : { zero: rest[0] }),
        });
  if (first !== undefined && !options.has('-s')) return script(first, rest, engine);
  if (stdin === null) {
    if (engine.elevated)
      engine.found({
        kind: 'privilege',
        resource: 'a shell',
        level: 'HIGH',
        reason: 'It opens a shell with somebody else’s rights, into which anything may be typed.',
        rule: 'elevated-shell',
        reversibility: 'irreversible',
      });
    return unknown();
  }
  return engine.code('shell', stdin, { args: operands, stdin: null });
};

function startup(file: Value, engine: Engine): void {
  const content = engine.written(file);
  if (content !== null) engine.code('shell', content);
  else engine.remark('runs-script', 'MEDIUM', 'It runs a script first, whatever that may do.');
}

function script(file: Value, args: readonly Value[], engine: Engine): Stream {
  const content = engine.written(file);
  if (content !== null) return engine.code('shell', content, { args });
  engine.found({ kind: 'read', path: file });
  engine.found({
    kind: 'exec',
    resource: file.text,
    level: 'MEDIUM',
    reason: 'It runs a script, whatever that may do.',
    rule: 'runs-script',
    reversibility: 'irreversible',
  });
  return engine.follow(file, (text) => engine.code('shell', text, { args })) ?? unknown(FROM.input);
}

/** python, node, ruby, perl, php, lua, awk: code in an option, a script, or what is piped in. */
export const interpreter: Handler = (call, engine) => {
  const known_ = CODE[call.name.replace(/[\d.]+$/, '')];
  if (known_ === undefined) return unread(call, engine);
  const { language, options } = known_;
  const { parsed, stdin } = call;
  const code = options
    .flatMap((option) => parsed.options.get(option) ?? [])
    .filter((value) => value !== null);
  const { operands } = parsed;
  if (language === 'powershell' && ENCODED.some((option) => parsed.options.has(option)))
    engine.remark('encoded-code', 'HIGH', 'Its code is encoded, which serves to hide it.', 'irreversible');
  // `-Command -` is what is piped in.
  for (const text of code)
    engine.code(language, text.text === '-' && stdin !== null ? stdin : decoded(text, call), {
      args: operands,
      stdin,
    });
  // `perl -pi -e …` edits the files that it is given.
  const edits = (language === 'perl' || language === 'ruby') && parsed.options.has('-i');
  if (edits)
    for (const path of operands)
      engine.found({ kind: 'overwrite', path, level: 'MEDIUM', reason: 'It edits files in place.' });
  if (code.length > 0) return unknown(FROM.input);
  if (language === 'awk') return awk(call, engine);
  if (parsed.options.has('-m')) return runsModule(call, engine);
  const [file, ...args] = [
    ...(language === 'powershell'
      ? ['-File', '-file', '-f']
          .flatMap((name) => parsed.options.get(name) ?? [])
          .filter((value) => value !== null)
      : []),
    ...operands,
  ];
  if (parsed.options.has('-p') && file !== undefined && language === 'javascript')
    return engine.code(language, file, { stdin });
  if (file !== undefined && file.text !== '-') return scriptOf(file, args, language, engine);
  if (stdin !== null) return engine.code(language, stdin, { args: operands.slice(1), stdin: null });
  return unknown();
};

const ACTS = /\b(exec|system|spawn|shell|rm|unlink|delete|rmtree|remove|popen)\b/i;

/** Code on standard input in a language that is not looked into. */
function unread({ stdin, parsed }: Invocation, engine: Engine): undefined {
  if (stdin === null || parsed.operands.some(({ text }) => text !== '-')) return;
  if ((stdin.from & (FROM.network | FROM.decoded)) !== 0)
    engine.remark('runs-download', 'CRITICAL', 'It runs what another machine sent.');
  else if (ACTS.test(stdin.text)) engine.remark('hidden-code', 'HIGH', 'Its code deletes or runs something.');
}

/** PowerShell takes a whole script as base64 of UTF-16; what is hidden so is not meant to be read. */
function decoded(text: Value, { name, parsed }: Invocation): Value {
  if (!/^(pwsh|powershell)/.test(name) || !ENCODED.some((option) => parsed.options.has(option))) return text;
  return {
    ...text,
    text: Buffer.from(text.text, 'base64').toString('utf16le'),
    from: text.from | FROM.decoded,
  };
}

function awk({ parsed, stdin }: Invocation, engine: Engine): Stream {
  if (parsed.options.has('-f') || parsed.options.has('--file')) {
    engine.remark('runs-script', 'MEDIUM', 'It runs a script, whatever that may do.', 'irreversible');
    for (const path of parsed.operands) engine.found({ kind: 'read', path });
    return unknown(FROM.input);
  }
  const [program, ...files] = parsed.operands;
  if (program === undefined) return unknown();
  engine.code('awk', program, { args: files, stdin });
  for (const path of files) if (!/^\w+=/.test(path.text)) engine.found({ kind: 'read', path });
  return unknown(FROM.input | (stdin?.from ?? 0));
}

const HARMLESS_MODULES =
  /^(json\.tool|http\.client|timeit|this|calendar|sysconfig|platform|site|tokenize|ast|dis|py_compile|compileall|tabnanny|pydoc|help)$/;

function runsModule({ parsed }: Invocation, engine: Engine): Stream {
  const [module] = parsed.options.get('-m') ?? [];
  const own =
    module == null ? null : engine.written({ ...module, text: `${module.text.replaceAll('.', '/')}.py` });
  if (own !== null) return engine.code('python', own, { args: parsed.operands });
  if (module != null && HARMLESS_MODULES.test(module.text))
    for (const path of parsed.operands) engine.found({ kind: 'read', path });
  else if (
    module != null &&
    /^(pip|pytest|unittest|venv|build|http\.server|black|ruff|mypy|flake8|isort|coverage|tox)$/.test(
      module.text,
    )
  )
    engine.command([known(module.text), ...parsed.operands]);
  else engine.remark('runs-module', 'MEDIUM', 'It runs a module, whatever that may do.', 'irreversible');
  return unknown(FROM.input);
}

/** Scripts by which a framework’s own commands are called. */
const FRAMEWORKS = /(^|\/)(manage\.py|artisan|console|rails|rake|yii|cake|symfony)$/;

function scriptOf(
  file: Value,
  args: readonly Value[],
  language: Parameters<Engine['code']>[0],
  engine: Engine,
): Stream {
  const content = engine.written(file);
  if (content !== null) return engine.code(language, content, { args });
  if (FRAMEWORKS.test(file.text))
    return engine.command([{ ...file, text: file.text.replace(/^(?![./])/, './') }, ...args]);
  engine.found({ kind: 'read', path: file });
  engine.follow(file, (text) => engine.code(language, text, { args }));
  for (const path of args)
    if (!path.text.startsWith('-') && !/\s/.test(path.text)) engine.found({ kind: 'read', path });
  engine.found({
    kind: 'exec',
    resource: file.text,
    level: 'MEDIUM',
    reason: 'It runs a script, whatever that may do.',
    rule: 'runs-script',
    reversibility: 'irreversible',
  });
  return unknown(FROM.input);
}
