/** How an error ends the request: refused before anything ran, held for a person, or failed. */
export type ErrorClass = 'refused' | 'held' | 'failed';

interface ErrorRow {
  readonly class: ErrorClass;
  readonly meaning: string;
  /** What whoever gets it should do next. */
  readonly next: string;
}

const row = (kind: ErrorClass, meaning: string, next: string): ErrorRow => ({ class: kind, meaning, next });

/** The one table of error codes. `docs/errors.md` is generated from it. */
export const ERRORS = {
  invalid_input: row(
    'refused',
    'The input does not fit the tool’s schema.',
    'Correct the named field and call again.',
  ),
  unknown_tool: row(
    'refused',
    'No such tool is offered on this connection.',
    'List the tools and use one of their names.',
  ),
  no_root: row(
    'refused',
    'No folder is configured in which agents may work.',
    'A person adds one: `homeostat serve --root DIR`, or `roots: [DIR]` in the configuration.',
  ),
  unsafe_root: row(
    'refused',
    'A configured root would put the state, the configuration or a whole system within an agent’s reach.',
    'A person names a narrower folder under `roots`.',
  ),
  outside_roots: row(
    'refused',
    'The path lies outside every allowed root.',
    'Use a path inside a root; get_status lists the roots.',
  ),
  not_found: row(
    'refused',
    'Nothing is there under that path or id.',
    'List what there is, then call again.',
  ),
  wrong_type: row(
    'refused',
    'What is there is of another type than the tool works on.',
    'Use the tool for that type; the message names it.',
  ),
  too_large: row(
    'refused',
    'The content is over a limit.',
    'Work on a smaller part, or ask a person to raise the limit.',
  ),
  engine_unreachable: row(
    'refused',
    'The container engine does not answer.',
    'A person starts it, or names the right one under `docker.host`. The outcome says whether something had begun by then: what can be taken back is, as soon as it answers.',
  ),
  engine_conflict: row(
    'failed',
    'The container engine says that what is there is in the way.',
    'Read the message, look with list_containers or inspect_container, then call again.',
  ),
  bound_container: row(
    'refused',
    'Containers share a network, IPC or processes, and one that is made anew or removed leaves the others without.',
    'Deploy all of them together with deploy_stack where they are one stack; else remove those that share it first, and make them again after it.',
  ),
  swarm_container: row(
    'refused',
    'A swarm looks after the container and would put back what is done to it.',
    'A person changes the service on a manager of the swarm: `docker service update`, `docker service rm`.',
  ),
  engine_error: row(
    'failed',
    'The container engine could not do what it was asked for.',
    'Read the message; inspect_container and container_logs may tell more.',
  ),
  no_store: row(
    'refused',
    'There is no place on the root’s own file system for what undo needs.',
    'A person lets the folder above the root be written to, or moves the state to that file system.',
  ),
  not_mounted: row(
    'failed',
    'A root’s file system is not there, so that what is half done on it cannot be taken back yet.',
    'A person mounts it; before the next action, or at the next start, it is taken back. If it is gone for good: `homeostat snapshots forget ROOT`.',
  ),
  no_sandbox: row(
    'refused',
    'This machine has no sandbox, and what goes on by itself runs in nothing else.',
    'A person runs `homeostat doctor`, which says what would give one.',
  ),
  secret_path: row(
    'refused',
    'The file holds secrets and is never shown to an agent.',
    'Ask a person for what you need from it.',
  ),
  marker_written: row(
    'refused',
    'The new content has the mark that stands for a masked secret; written, it would replace the secret.',
    'Leave the masked part out of the edit: use edit_file on what stands beside it, or ask a person.',
  ),
  match_not_found: row(
    'refused',
    'The text to replace does not occur in the file.',
    'Read the file again and copy the text exactly.',
  ),
  match_not_unique: row(
    'refused',
    'The text to replace occurs more than once.',
    'Add surrounding lines until it is unique, or set replace_all.',
  ),
  unreadable_yaml: row(
    'refused',
    'The file is no YAML that every reader takes for the same.',
    'Mend the named place; edit_file changes any text.',
  ),
  edit_refused: row(
    'refused',
    'The change cannot be made without changing something else, or does not fit what stands there.',
    'Read the message and ask for another change; edit_file changes any text.',
  ),
  compose_invalid: row(
    'refused',
    'The Compose files have errors, so that nothing is deployed.',
    'Mend the named places; validate_compose proposes edits.',
  ),
  deploy_failed: row(
    'failed',
    'What was deployed did not become or stay healthy.',
    'Read the causes, mend the files or the image, then deploy again; what ran before runs again unless it says otherwise.',
  ),
  emergency_stopped: row(
    'refused',
    'The emergency stop is pulled: no action runs.',
    'Stop and tell the person; only a person can run `homeostat release`.',
  ),
  autonomy_denied: row(
    'refused',
    'The autonomy level does not allow this.',
    'Use dry_run to show what you would do, and let a person decide.',
  ),
  tool_not_on_card: row(
    'refused',
    'This connection’s card does not name the tool.',
    'Use a tool of the card, or hand the task back.',
  ),
  root_not_on_card: row(
    'refused',
    'It goes beyond the folders that this connection’s card may touch.',
    'Stay in the roots that get_status lists, or hand the task back.',
  ),
  service_not_on_card: row(
    'refused',
    'This connection’s card does not name the service.',
    'Act on the services that the card names, or hand the task back.',
  ),
  card_used_up: row(
    'refused',
    'What the card allows in one run, or in its time, is used up.',
    'Stop, undo what must not stay, report what is done and what is not; a person decides how it goes on.',
  ),
  card_fixed: row(
    'refused',
    'This connection has another card already.',
    'Go on with the card that it has; another one needs a connection of its own.',
  ),
  task_refused: row(
    'refused',
    'Such a task or message is not for this agent to give.',
    'Read the message; hand out other work, do it yourself within your card, or report what is left.',
  ),
  denied_by_policy: row(
    'refused',
    'A rule forbids this.',
    'Choose another way; the rules that said so are named.',
  ),
  no_space: row(
    'refused',
    'Too little space is free to keep what undoing it would need.',
    'A person frees space: `homeostat snapshots gc` shows and removes what retention lets go.',
  ),
  rate_limited: row(
    'refused',
    'Too many actions in the last minute.',
    'Wait, then call again; do fewer, larger steps.',
  ),
  too_many_running: row(
    'refused',
    'Too many actions are running at once.',
    'Wait for one to end, then call again.',
  ),
  repeated_failure: row(
    'refused',
    'The same action has failed several times in a row, in the same way.',
    'Find out why it fails and try something else; it is let through again after some minutes.',
  ),
  circuit_open: row(
    'refused',
    'The tool has failed on this resource several times in a row, and rests.',
    'Look at the resource and at the last errors before the tool is tried again, after a minute.',
  ),
  resource_busy: row(
    'refused',
    'Another action holds what this one needs.',
    'Wait for it to end, then call again.',
  ),
  approval_required: row(
    'held',
    'A person has to decide before this is done.',
    'Tell the person to run `homeostat approve ID` in a terminal, then call wait_for_approval.',
  ),
  already_held: row(
    'refused',
    'The same request waits for a person already.',
    'Call wait_for_approval with the id that the message names; asking again changes nothing.',
  ),
  too_many_held: row(
    'refused',
    'Too many actions of this agent wait for a person.',
    'Wait until the person has decided on what waits; ask for less at once.',
  ),
  approval_denied: row('refused', 'A person said no.', 'Read the reason and do not try the same again.'),
  approval_expired: row(
    'refused',
    'Nobody decided in time; what was staged is gone.',
    'Ask again if it is still needed.',
  ),
  approval_revoked: row(
    'refused',
    'The approval was taken back before it was used.',
    'Ask the person why before you ask again.',
  ),
  not_held: row(
    'refused',
    'That action is not waiting for anything.',
    'Use query_audit to see how it ended.',
  ),
  not_yours: row(
    'refused',
    'That action belongs to another agent.',
    'Only the agent that asked can resume it.',
  ),
  world_changed: row(
    'failed',
    'What the action would touch has changed since it was looked at.',
    'Read it again, then plan anew.',
  ),
  limit_exceeded: row(
    'failed',
    'The command went over a limit on processes, memory, time or written bytes.',
    'Do less at once, or ask a person to raise the limit.',
  ),
  command_failed: row(
    'failed',
    'The command ended with an error.',
    'Read exit code and output; changes in the roots were taken back.',
  ),
  timed_out: row(
    'failed',
    'The action took longer than allowed and was ended with all its processes.',
    'Raise timeout_seconds or do less at once.',
  ),
  cancelled: row('failed', 'The client cancelled the action.', 'Call again if it is still needed.'),
  verification_failed: row(
    'failed',
    'After the action the world is not as it claims.',
    'Look at what is there before you try again.',
  ),
  rollback_conflict: row(
    'failed',
    'Something was changed by somebody else since, so it was not put back.',
    'Compare with diff_snapshot and let a person decide.',
  ),
  snapshot_gone: row(
    'refused',
    'The snapshot is no longer kept.',
    'It cannot be undone any more; see the retention settings.',
  ),
  already_undone: row(
    'refused',
    'That action is undone already.',
    'List the snapshots; undo the undo to bring it back.',
  ),
  nothing_to_undo: row('refused', 'That action left nothing to undo.', 'See its outcome with query_audit.'),
  interrupted: row(
    'failed',
    'The server ended in the middle of the action.',
    'Look at what is there; the audit says what could be found out.',
  ),
  record_failed: row(
    'failed',
    'The record could not be written, so nothing more was executed.',
    'A person frees space or mends the state folder: `homeostat doctor`.',
  ),
  state_corrupt: row(
    'failed',
    'The state on disk is damaged or missing; a copy was kept aside where there was one.',
    'A person runs `homeostat doctor` and follows what it says.',
  ),
  state_newer: row(
    'failed',
    'The state was written by a newer homeostat.',
    'Run that version, or a newer one.',
  ),
  config_invalid: row(
    'refused',
    'The configuration has an error.',
    'A person mends the named line; `homeostat doctor` shows it.',
  ),
  registry_invalid: row(
    'failed',
    'A rule in the registry does not hold its own examples.',
    'Mend the named entry.',
  ),
  approver_missing: row(
    'refused',
    'No approver is enrolled.',
    'A person runs `homeostat init` in a terminal.',
  ),
  wrong_passphrase: row(
    'refused',
    'The passphrase is not the approver’s.',
    'Try again; after five failures wait a minute.',
  ),
  terminal_required: row(
    'refused',
    'This needs a person at a terminal.',
    'Run it in a terminal, or give the passphrase on standard input with --passphrase-stdin.',
  ),
  internal_error: row('failed', 'homeostat itself failed.', 'Report it with the audit id.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** What an agent reads of an error: what happened, to what, and what to do next. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  next: string;
}

/** The only error that homeostat throws on purpose. */
export class HomeostatError extends Error {
  override readonly name = 'HomeostatError';
  readonly code: ErrorCode;
  readonly next: string;

  constructor(code: ErrorCode, what: string, options: { next?: string; cause?: unknown } = {}) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.next = options.next ?? ERRORS[code].next;
  }

  get class(): ErrorClass {
    return ERRORS[this.code].class;
  }

  body(): ErrorBody {
    return { code: this.code, message: this.message, next: this.next };
  }
}

/** Whether the machine failed at a call, be it for want of space, of a disk or of an engine: tried again later it may well succeed. */
export const isTransient = (thrown: unknown): boolean =>
  thrown instanceof HomeostatError
    ? thrown.code === 'not_mounted' || thrown.code === 'engine_unreachable'
    : thrown instanceof Error && 'syscall' in thrown;

/** Any thrown value as one of ours; what is unforeseen becomes `internal_error`. */
export function asHomeostatError(thrown: unknown): HomeostatError {
  if (thrown instanceof HomeostatError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HomeostatError('internal_error', message, { cause: thrown });
}
