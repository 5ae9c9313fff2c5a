import { Command, InvalidArgumentError } from 'commander';
import { VERSION } from '../app.ts';
import { call, run } from './act.ts';
import { provenAdder } from './adder.ts';
import { addAgent } from './agent.ts';
import { addAssess } from './assess.ts';
import { approve, deny, release, revoke, stop, trust } from './decide.ts';
import { doctor } from './doctor.ts';
import { addAudit } from './audit-commands.ts';
import { addGrant, grants, revokeGrant } from './grants.ts';
import { addApprover, approver, init, uninstall } from './init.ts';
import { approvals, diff, status } from './inspect.ts';
import { addModel } from './model.ts';
import { addPolicy } from './policy.ts';
import { reported } from './reported.ts';
import type { GlobalOptions } from './session.ts';
import { collect as collectGarbage, forget, pin, snapshots, unpin } from './snapshots.ts';
import { tour } from './tour.ts';
import { addToken, revokeToken, tokens } from './token.ts';
import { undo } from './undo.ts';

const collect = (value: string, all: string[] = []): string[] => [...all, value];
const list = (value: string): string[] => value.split(',');
const count = (value: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('a whole number above 0');
  return Number(value);
};

const options = (command: Command): GlobalOptions => command.optsWithGlobals();

function addSnapshots(parent: Command): void {
  const add = provenAdder(parent);
  parent
    .option('--limit <n>', 'how many', count)
    .action(async (_: unknown, c: Command) => snapshots(options(c)));
  add('list', 'the same')
    .option('--limit <n>', 'how many', count)
    .action(async (_: unknown, c: Command) => snapshots(options(c)));
  add('gc', 'remove what retention lets go')
    .option('--dry-run', 'show what would go, why, and how much it frees')
    .action(async (_: unknown, c: Command) => collectGarbage(options(c)));
  add('pin <id>', 'keep a snapshot whatever retention says').action(
    async (id: string, _: unknown, c: Command) => pin(id, options(c)),
  );
  add('forget <root>', 'wait no longer for a root that will not come back').action(
    async (root: string, _: unknown, c: Command) => forget(root, options(c)),
  );
  add('unpin <id>', 'let retention have it again').action(async (id: string, _: unknown, c: Command) =>
    unpin(id, options(c)),
  );
}

function addGrants(parent: Command): void {
  const add = provenAdder(parent);
  parent.action(async (_: unknown, c: Command) => grants(options(c)));
  add('add <pattern>', 'allow a command line, or a path with --tool; * stands for a word')
    .option('--by <agent>', 'whose, as the record names them')
    .option('--tool <tool>', 'which tool (run_command)')
    .option('--ceiling <level>', 'the worst that it covers (HIGH)')
    .option('--for <time>', 'how long (1h)')
    .option('--count <n>', 'how often at most (10)', count)
    .action(async (pattern: string, _: unknown, c: Command) => addGrant(pattern, options(c)));
  add('revoke <id>', 'take one back').action(async (id: string, _: unknown, c: Command) =>
    revokeGrant(id, options(c)),
  );
}

function addTokens(parent: Command): void {
  const add = provenAdder(parent);
  parent.action(async (_: unknown, c: Command) => tokens(options(c)));
  add('list', 'the same').action(async (_: unknown, c: Command) => tokens(options(c)));
  add('add <name>', 'let a client in; prints its token once')
    .option('--agent <card>', 'under a card')
    .option('--metrics', 'for the numbers of /metrics alone')
    .action(async (name: string, _: unknown, c: Command) => addToken(name, options(c)));
  add('revoke <name>', 'let it in no more').action(async (name: string, _: unknown, c: Command) =>
    revokeToken(name, options(c)),
  );
}

/** Every command of the CLI; each is a thin way to the same tools. */
export function program(): Command {
  const cli = new Command('homeostat')
    .description(
      'Guarded hands for AI agents: every action assessed, approved where it matters, recorded, undone where possible.',
    )
    .version(VERSION)
    .option('--config <file>', 'the configuration file')
    .option('--root <dir>', 'a folder in which agents may work (repeatable)', collect)
    .option('--agent <card>', 'act under a card')
    .option('--run-id <name>', 'with --agent: the run whose limits this shares')
    .option('--toolsets <list>', 'toolsets to offer, separated by commas', list)
    .option('--read-only', 'offer queries alone')
    .option('--json', 'print structured content')
    .option('--passphrase-stdin', 'read the passphrase from standard input')
    .enablePositionalOptions()
    .passThroughOptions()
    .exitOverride()
    .showHelpAfterError('(homeostat --help shows every command)');
  const add = provenAdder(cli);

  cli
    .argument('[command]')
    .usage('[options] [command]')
    .action(async (unknown: string | undefined) => {
      if (unknown !== undefined) cli.error(`error: unknown command '${unknown}'`);
      await status(options(cli));
    });
  cli.command('serve').description('speak MCP: --stdio or --http (see serve --help)');
  cli.command('hook').description('assess what a client does with its own tools (see hook --help)');

  add('run <words...>', 'run a command in this folder: homeostat run -- CMD…')
    .option('--dry-run', 'show what would happen')
    .option('--reason <text>', 'why')
    .passThroughOptions()
    .action(async (words: string[], _: unknown, c: Command) => run(words, options(c)));
  add('call <tool> [json]', 'call any tool, as an agent').action(
    async (tool: string, json: string | undefined, _: unknown, c: Command) => call(tool, json, options(c)),
  );
  addAssess(cli);
  add('undo [id]', 'undo an action; without an id the last one in this folder')
    .option('--dry-run', 'show what would happen')
    .option('--force', 'in spite of what was changed since; shown first, and asks for your passphrase')
    .option('--cascade', 'undo later actions on the same paths first; asks for your passphrase')
    .option('--reason <text>', 'why')
    .action(async (id: string | undefined, _: unknown, c: Command) => undo(id, options(c)));

  add('approvals', 'what waits for you')
    .option('--all', 'decided ones too')
    .action(async (_: unknown, c: Command) => approvals(options(c)));
  add('approve <id>', 'approve a held action')
    .option('--run', 'carry it out here and now')
    .option('--for <time>', 'and allow the same again for that long, such as 1h')
    .option('--count <n>', 'at most so often (10)', count)
    .action(async (id: string, _: unknown, c: Command) => approve(id, options(c)));
  add('deny <id>', 'deny a held action')
    .option('--reason <text>', 'why; the agent reads it')
    .action(async (id: string, _: unknown, c: Command) => deny(id, options(c)));
  add('revoke <id>', 'take an approval back before it is used').action(
    async (id: string, _: unknown, c: Command) => revoke(id, options(c)),
  );

  add('approver', 'whether somebody is enrolled who can approve')
    .action(async (_: unknown, c: Command) => approver(options(c)))
    .command('add')
    .description('enrol yourself as approver, or take another passphrase')
    .option('--json', 'print structured content')
    .option('--passphrase-stdin', 'read the passphrase from standard input; the one until now first')
    .action(async (_: unknown, c: Command) => addApprover(options(c)));
  addGrants(add('grants', 'what you have allowed beforehand'));
  addSnapshots(add('snapshots', 'what can be undone, and what retention keeps of it'));
  add('diff <id>', 'what an action changed, or would change').action(
    async (id: string, _: unknown, c: Command) => diff(id, options(c)),
  );
  addTokens(add('token', 'which clients may come over HTTP'));
  addAudit(add('audit', 'the record, newest first'), count);

  addModel(cli);
  addPolicy(cli);
  addAgent(cli);
  add('stop [reason...]', 'pull the emergency stop').action(
    async (reason: string[], _: unknown, c: Command) => stop(reason, options(c)),
  );
  add('release', 'release the emergency stop').action(async (_: unknown, c: Command) => release(options(c)));
  add('trust', 'let the configuration, as it now is, take effect').action(async (_: unknown, c: Command) =>
    trust(options(c)),
  );
  add('status', 'roots, autonomy, what waits').action(async (_: unknown, c: Command) => status(options(c)));
  add('doctor', 'check this machine, and what each guarantee needs').action(async (_: unknown, c: Command) =>
    doctor(options(c)),
  );
  add('init', 'enrol yourself as approver and write a configuration')
    .option(
      '--client <name>',
      'write the server and the hooks into this client’s files (repeatable)',
      collect,
    )
    .option('--yes', 'write into the client’s files without a question')
    .option('--print', 'show what would be written, and do nothing')
    .action(async (_: unknown, c: Command) => init(options(c)));
  add('uninstall', 'remove state and configuration')
    .option('--yes', 'do it')
    .action(async (_: unknown, c: Command) => uninstall(options(c)));
  add('tour', 'see the main job done in a temporary folder').action(async () => tour());
  return cli;
}

export const main = async (argv: string[]): Promise<void> =>
  reported(argv, async () => program().parseAsync(argv));
