import { dirname, join, resolve } from 'node:path';
import type { ChangeKind } from '../../core/effects.ts';
import { type Factor, type Reversibility, leastReversible, rank, strictest } from '../../core/risk.ts';
import type { CommandRule } from '../../registry/rules.ts';
import { commandRules } from './match.ts';
import { type Arg, type ParsedLine, type SimpleCommand, parseLine } from './parse.ts';
import { type PathContext, isOwn, pathRules, touchFactors } from './paths.ts';

export interface CommandContext extends PathContext {
  readonly home: string;
  /** The real path of what a path leads to, as far as it exists. */
  readonly real: (path: string) => string;
  /** Every path below a folder; null where there are too many to look at. */
  readonly below: (path: string) => string[] | null;
  /** The paths that a shell pattern stands for; null where they cannot be told. */
  readonly expand: (cwd: string, pattern: string) => string[] | null;
}

export interface CommandRisk {
  readonly factors: Factor[];
  readonly reversibility: Reversibility;
}

/** Variables that decide which program a name means, or what a program runs beside its own work. */
const TELLING_VARIABLE =
  /^(PATH|CDPATH|LD_\w+|DYLD_\w+|BASH_\w+|ENV|IFS|PS4|PROMPT_COMMAND|EXECIGNORE|GLOB\w+|GIT_\w+|XDG_\w+|RIPGREP_\w+|\w+_OPTIONS|PYTHON\w*|PERL\w*|RUBY\w*|NODE_\w+|npm_\w+|GCONV_PATH|LOCPATH|NLSPATH|GLIBC_TUNABLES|PAGER|EDITOR|VISUAL|SHELL|HOME)$/;

/** What a shell line risks, run plainly in `cwd`. What cannot be understood is never taken for harmless. */
export function assessCommand(
  line: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  ctx: CommandContext,
): CommandRisk {
  const parsed: ParsedLine = parseLine(line, cwd, ctx.home, Object.keys(env));
  const risks = parsed.commands.map((command) => simpleCommand(command, ctx));
  if (parsed.problem !== null) {
    risks.push(certain('not-understood', 'HIGH', `It cannot be understood: ${parsed.problem}.`, line));
  }
  if (parsed.evaluated !== null) {
    const what = 'It has a text evaluated as code, which cannot be known before.';
    risks.push(certain('evaluates-text', 'HIGH', what, parsed.evaluated));
  }
  const telling = Object.keys(env).find((name) => TELLING_VARIABLE.test(name));
  if (telling !== undefined) {
    risks.push(
      certain('telling-variable', 'HIGH', `${telling} decides what is run.`, `${telling}=${env[telling]}`),
    );
  }
  return {
    factors: risks.flatMap((r) => r.factors),
    reversibility: leastReversible(risks.map((r) => r.reversibility)),
  };
}

function certain(rule: string, level: Factor['level'], reason: string, evidence: string): CommandRisk {
  const factor = { rule, level, reason, evidence: quote(evidence) };
  return { factors: [factor], reversibility: rank(level) > rank('LOW') ? 'irreversible' : 'reversible' };
}

const quote = (text: string): string => (text.length > 160 ? `${text.slice(0, 157)}…` : text);

function simpleCommand(command: SimpleCommand, ctx: CommandContext): CommandRisk {
  const risks: CommandRisk[] = [];
  // `IFS= read` splits one line and nothing else.
  const assigned =
    command.name?.value === 'read' ? command.assigns.filter((n) => n !== 'IFS') : command.assigns;
  const telling = [...assigned, ...setByBuiltin(command)].find((name) => TELLING_VARIABLE.test(name));
  if (telling !== undefined) {
    risks.push(certain('telling-variable', 'HIGH', `${telling} decides what is run.`, command.source));
  }
  for (const target of command.writes) risks.push(redirect(target, command, ctx));
  if (command.name !== null) risks.push(program(command, ctx));
  for (const arg of command.reads) risks.push(...mention(arg, 'paths', command, ctx));
  return {
    factors: risks.flatMap((r) => r.factors),
    reversibility: leastReversible(risks.map((r) => r.reversibility)),
  };
}

/** Builtins that set the variables they are given by name; a name that cannot be known may be any. */
const SETTERS =
  /^(read|printf|getopts|mapfile|readarray|wait|let|local|declare|typeset|export|readonly|unset)$/;

function setByBuiltin({ name, args }: SimpleCommand): string[] {
  if (name?.value == null || !SETTERS.test(name.value)) return [];
  const named =
    name.value === 'printf'
      ? afterOption(args, '-v')
      : name.value === 'wait'
        ? afterOption(args, '-p')
        : args;
  return named.map((arg) => (arg.value === null ? 'PATH' : arg.value.replace(/[^\w].*$/s, '')));
}

/** The value of an option that may stand apart or joined to it. */
function afterOption(args: readonly Arg[], option: string): readonly Arg[] {
  return args.flatMap((arg, i) => {
    if (arg.value === option) return args.slice(i + 1, i + 2);
    return arg.value?.startsWith(option) === true ? [{ ...arg, value: arg.value.slice(option.length) }] : [];
  });
}

function program(command: SimpleCommand, ctx: CommandContext): CommandRisk {
  const { known, rules } = commandRules(command, ctx.rules.commands);
  const risks: CommandRisk[] = rules.map((rule) => ({
    factors: [{ rule: rule.id, level: rule.level, reason: rule.reason, evidence: quote(command.source) }],
    reversibility: rule.reversibility ?? 'reversible',
  }));
  for (const rule of rules)
    risks.push(...targets(rule, command).map((t) => touch(t, rule.change ?? 'modify', command, ctx)));
  if (rules.some((rule) => rule.reads === 'trees')) risks.push(...secretsBelow(command, ctx));
  if (rules.some((rule) => rule.acts_on === 'services')) risks.push(...protectedServices(command, ctx));
  // An operand that no rule takes for a text may be a file that is shown.
  const operands = known && rules.every((rule) => rule.operands === 'text') ? 'text' : 'paths';
  for (const arg of command.args) risks.push(...mention(arg, operands, command, ctx));
  if (!known) {
    const name = command.name?.value;
    const reason =
      name === null ? 'Which program it runs cannot be known before.' : `Nobody knows what ${name} does.`;
    risks.push(certain('unknown-program', name === null ? 'HIGH' : 'MEDIUM', reason, command.source));
  }
  return {
    factors: risks.flatMap((r) => r.factors),
    reversibility: leastReversible(risks.map((r) => r.reversibility)),
  };
}

/** A secret somewhere below what a recursive search reads; a tree that is too large to look through may hold one. */
function secretsBelow(command: SimpleCommand, ctx: CommandContext): CommandRisk[] {
  const named = command.args.filter((arg) => arg.value?.startsWith('-') !== true);
  // One alone may be what is searched for, and then the working folder is what is searched.
  const operands: Arg[] = named.length > 1 ? named : [...named, { value: '.', source: '.', glob: false }];
  return operands.flatMap((operand) => {
    const below = pathsOf(operand, command, ctx)?.map((path) => ctx.below(path));
    if (below === undefined || below.includes(null)) {
      return [
        certain('unknown-operand', 'MEDIUM', 'Which files it reads cannot be known before.', command.source),
      ];
    }
    const secret = below
      .flatMap((paths) => paths ?? [])
      .flatMap((path) => pathRules(path, ctx))
      .find((r) => r.secret);
    return secret === undefined ? [] : [certain(secret.id, 'HIGH', secret.reason, command.source)];
  });
}

/** A protected service, named as such or within a container's or a unit's name: `postgres`, `shop-postgres-1`. */
function protectedServices(command: SimpleCommand, ctx: CommandContext): CommandRisk[] {
  return ctx.protectedServices
    .filter((service) =>
      command.args.some(
        (arg) =>
          arg.value
            ?.split(/[-_./:@]/)
            .join(' ')
            .match(wordOf(service)) != null,
      ),
    )
    .map((service) =>
      certain('protected-service', 'CRITICAL', `The configuration protects ${service}.`, command.source),
    );
}

const wordOf = (service: string): RegExp =>
  new RegExp(
    `(^| )${service
      .split(/[-_./:@]/)
      .map((part) => part.replaceAll(/[\\^$*+?()[\]{}|]/g, '\\$&'))
      .join(' ')}( |$)`,
    'i',
  );

/** The operands that a rule says are written to; after `--` everything is an operand. */
function targets(rule: CommandRule, command: SimpleCommand): Arg[] {
  if (rule.targets === undefined) return [];
  const end = command.args.findIndex((a) => a.value === '--');
  const operands = command.args.flatMap((a, i) =>
    (end >= 0 && i > end) || !a.value?.startsWith('-') ? [a] : within(a),
  );
  return operands.slice(rule.targets === 'rest' ? 1 : 0).filter((a) => a.value !== '--');
}

/** A path that is joined to its option: `--target-directory=DIR`, `-tDIR`. */
function within(option: Arg): Arg[] {
  const value = /^(?:--[\w-]+=|-[A-Za-su-z]*t)(.+)$/s.exec(option.value ?? '')?.[1];
  return value === undefined ? [] : [{ ...option, value }];
}

/** Where the kernel goes for a path with `..` in it: up from what a link leads to, not from the link. */
function walked(cwd: string, value: string, ctx: CommandContext): string {
  return value
    .split('/')
    .reduce(
      (at, part) => (part === '..' ? dirname(ctx.real(at)) : join(at, part)),
      value.startsWith('/') ? '/' : cwd,
    );
}

/** The absolute paths that an operand may stand for; null where they cannot be known before. */
function pathsOf(arg: Arg, command: SimpleCommand, ctx: CommandContext): string[] | null {
  const { value } = arg;
  if (value === null || command.cwds.length === 0) return null;
  const named = command.cwds.map((cwd) =>
    arg.glob ? ctx.expand(cwd, value) : [resolve(cwd, value), walked(cwd, value, ctx)],
  );
  if (named.includes(null)) return null;
  const paths = named.flatMap((some) => some ?? []);
  return [...new Set([...paths, ...paths.map((path) => ctx.real(path))])];
}

/** Devices that swallow or show what is redirected into them; moved onto or removed, they are files like any other. */
const SINK = /^\/dev\/(null|stdout|stderr|tty|zero|full)$/;

function redirect(target: Arg, command: SimpleCommand, ctx: CommandContext): CommandRisk {
  if (target.value !== null && SINK.test(target.value)) return { factors: [], reversibility: 'reversible' };
  return touch(target, 'modify', command, ctx);
}

function touch(target: Arg, change: ChangeKind, command: SimpleCommand, ctx: CommandContext): CommandRisk {
  const paths = pathsOf(target, command, ctx);
  if (paths === null) {
    const level = change === 'delete' ? 'HIGH' : 'MEDIUM';
    return certain('unknown-target', level, 'What it changes cannot be known before.', command.source);
  }
  const evidence = quote(command.source);
  const factors = paths.flatMap((path) => touchFactors(path, change, evidence, ctx));
  const plain: Factor = { rule: 'workspace-write', level: 'LOW', reason: 'It writes in a root.', evidence };
  const severe = rank(strictest(factors.map((f) => f.level))) >= rank('HIGH');
  return {
    factors: severe ? factors : [plain, ...factors],
    reversibility: severe ? 'irreversible' : 'reversible',
  };
}

/** An operand that names a secret or homeostat's own folders, or that may do so for all that can be known. */
function mention(
  arg: Arg,
  operands: 'paths' | 'text',
  command: SimpleCommand,
  ctx: CommandContext,
): CommandRisk[] {
  const value = arg.value?.replace(/^-{1,2}[\w-]+=/, '');
  if (value === '' || value?.startsWith('-') === true) return [];
  const paths = pathsOf({ ...arg, value: value ?? null }, command, ctx);
  if (paths === null) {
    const what = 'Which file it reads cannot be known before.';
    return operands === 'text' ? [] : [certain('unknown-operand', 'MEDIUM', what, command.source)];
  }
  if (paths.some((path) => /^\/dev\/(tcp|udp)\//.test(path))) {
    return [certain('network-device', 'HIGH', 'Bash opens a connection for it.', command.source)];
  }
  if (paths.some((path) => isOwn(path, ctx))) {
    const what = 'It names homeostat’s own state or configuration.';
    return [certain('own-state', 'CRITICAL', what, command.source)];
  }
  const secret = paths.flatMap((path) => pathRules(path, ctx)).find((rule) => rule.secret);
  return secret === undefined ? [] : [certain(secret.id, 'HIGH', secret.reason, command.source)];
}
