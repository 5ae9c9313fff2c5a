import { HomeostatError } from '../core/errors.ts';
import type { Operator } from '../core/gateway.ts';
import { type ConfigFile, parseConfig } from '../registry/config-file.ts';
import type { ApproverFile } from '../store/approver-file.ts';
import type { TokenFile } from '../store/token-file.ts';
import { type AuditEntry, BLANK } from '../store/audit.ts';
import type { ActionRow } from '../store/actions.ts';
import { approvalText } from './approvals/approval-text.ts';
import { approveHeld } from './approvals/approve.ts';
import { grantLike, makeGrant, openGrants } from './approvals/grants.ts';
import { requireProof } from './approvals/proof.ts';
import { reopen, resumeAction } from './approvals/resume.ts';
import { expireOverdue, settle } from './approvals/settle.ts';
import { trust } from './config-trust.ts';
import { findAction, type House } from './house.ts';
import { acceptBreak } from './audit/accept.ts';
import { auditReport } from './audit/report.ts';
import { verified } from './audit/verified.ts';
import { approvalInfo } from './records.ts';
import { forgetRoot, recover } from './recover.ts';
import { runAction } from './run-action.ts';
import { laterOverlapping } from './snapshots/overlapping.ts';
import { releaseStop } from './stop.ts';
import { collectGarbage, findGarbage } from './snapshots/prune.ts';
import { addToken, revokeToken, tokenList } from './tokens.ts';

const MIN_PASSPHRASE = 8;

/** What a person alone can do; see `Operator`. */
export function operator(
  house: House,
  approver: ApproverFile,
  file: ConfigFile,
  tokens: TokenFile,
): Operator {
  const { store } = house;
  const person = `person/${house.machine.user}`;
  const record = (entry: Pick<AuditEntry, 'event' | 'action'> & Partial<AuditEntry>): void =>
    void store.audit.append({ ...BLANK, agent: person, ...entry });
  const held = (id: string): ActionRow => {
    expireOverdue(house);
    const row = store.read(() => store.actions.get(id));
    if (row === null) throw new HomeostatError('not_found', `no action has the id ${id}`);
    if (row.phase !== 'held')
      throw new HomeostatError(
        'not_held',
        `action ${id} is not waiting: it is ${row.outcome === null ? row.phase : `finished (${row.outcome})`}`,
      );
    return row;
  };
  const end = (id: string, status: 'denied' | 'revoked', note: string): void => {
    if (settle(held(id), status, person, note, house)) return;
    throw new HomeostatError('not_held', `action ${id} is not waiting any more`);
  };
  const pin = (id: string, pinned: boolean): void =>
    store.write(() => {
      if (!store.snapshots.pin(id, pinned))
        throw new HomeostatError('not_found', `no snapshot is kept of an action ${id}`);
      record({
        event: pinned ? 'snapshot.pinned' : 'snapshot.unpinned',
        action: pinned ? 'snapshots pin' : 'snapshots unpin',
        action_id: id,
      });
    });
  return {
    show(id) {
      const row = held(id);
      house.secrets.watch(row.workspace.roots);
      const approval = store.read(() => store.approvals.of(id));
      if (approval === null) throw new HomeostatError('not_held', `action ${id} waits for no approval`);
      return {
        ...approvalInfo(approval, house),
        text: house.secrets.shown(approvalText(row)),
        digest: approval.digest,
      };
    },
    async approve(id, digest, proof) {
      await requireProof(proof, `approve ${id}`, approver, house);
      approveHeld(held(id), digest, { agent: person }, house);
    },
    resume: async (id, { principal, cwd, signal, onProgress }) =>
      // The workspace is the one that the action was asked with; this one is never looked at.
      resumeAction(id, 0, { principal, workspace: { roots: [], cwd }, signal, onProgress }, house, true),
    async grantLike(id, term, proof) {
      await requireProof(proof, `grant what is like ${id}`, approver, house);
      const row = held(id);
      const { principal, workspace } = row;
      const run = await reopen(row, { principal, workspace, signal: new AbortController().signal }, house);
      try {
        return makeGrant({ ...grantLike(run), ...term }, person, house);
      } finally {
        run.close();
      }
    },
    async grant(request, proof) {
      await requireProof(proof, 'grant', approver, house);
      return makeGrant(request, person, house);
    },
    grants: () => openGrants(house),
    revokeGrant(id) {
      store.write(() => {
        if (!store.grants.revoke(id)) throw new HomeostatError('not_found', `no grant ${id} is open`);
        record({ event: 'grant.revoked', action: 'grants revoke', detail: `grant ${id}` });
      });
    },
    deny: (id, note) => end(id, 'denied', note),
    revoke: (id) => end(id, 'revoked', 'taken back by a person'),
    async addToken(info, proof) {
      await requireProof(proof, `make the token ${info.name}`, approver, house);
      return addToken(info, person, tokens, house);
    },
    tokens: () => tokenList(tokens),
    revokeToken: (name) => revokeToken(name, person, tokens, house),
    async release(proof) {
      await requireProof(proof, 'release', approver, house);
      releaseStop(house, person);
    },
    enrolled: () => approver.enrolled(),
    async enrol(passphrase, current) {
      if (passphrase.length < MIN_PASSPHRASE) {
        throw new HomeostatError(
          'invalid_input',
          `the passphrase has fewer than ${MIN_PASSPHRASE} characters`,
        );
      }
      if (approver.enrolled()) await requireProof(current ?? { terminal: false }, 'enrol', approver, house);
      store.write(() => record({ event: 'approver.enrolled', action: 'init' }));
      await approver.enrol(passphrase);
    },
    confirm: async (what, proof) => requireProof(proof, what, approver, house),
    async trustConfig(proof) {
      await requireProof(proof, 'trust', approver, house);
      trust(file, file.config, house);
    },
    async trustWritten(source) {
      // Only the first configuration, where none was: nothing that an agent could bring about again.
      if (store.setting('trusted_config') !== null || file.source !== null) {
        throw new HomeostatError('terminal_required', 'a configuration is trusted by `homeostat trust`');
      }
      trust({ source, cards: [] }, parseConfig(source, file.path), house);
    },
    verifyAudit: (anchor) => verified(anchor, house),
    async acceptAudit(anchor, proof) {
      await requireProof(proof, 'audit accept', approver, house);
      return acceptBreak(anchor, person, house);
    },
    auditReport: (since, until) => auditReport(since, until, store),
    auditLines: (after, most) =>
      store.read(() => store.audit.page(after + 1, most).map(({ seq, body }) => ({ seq, line: body }))),
    auditBounds: (since, until) => store.read(() => store.audit.bounds({ since, until })),
    async collect(dryRun) {
      if (dryRun) return findGarbage(house);
      const found = await collectGarbage(house);
      store.write(() =>
        record({
          event: 'snapshots.collected',
          action: 'snapshots gc',
          detail: `${found.snapshots.length} snapshots, ${found.folders.length} folders, ${found.objects.count} objects`,
        }),
      );
      return found;
    },
    async forgetRoot(root, proof) {
      await requireProof(proof, `forget ${root}`, approver, house);
      const ids = await forgetRoot(root, house);
      store.write(() =>
        record({ event: 'root.forgotten', action: 'snapshots forget', detail: `${root}: ${ids.join(', ')}` }),
      );
      return ids;
    },
    pin: (id) => pin(id, true),
    async unpin(id, proof) {
      await requireProof(proof, `unpin ${id}`, approver, house);
      pin(id, false);
    },
    pinned: () => store.read(() => store.snapshots.pinned()),
    async undoByForce(input, { principal, signal, onProgress }) {
      const tool = findAction(house, 'forced_rollback');
      const row = store.read(() => store.actions.get(input.id));
      if (tool === null || row === null)
        throw new HomeostatError('not_found', `no action has the id ${input.id}`);
      await recover(house);
      // In the roots that the action had, wherever the person sits.
      return runAction(tool, input, { principal, workspace: row.workspace, signal, onProgress }, house);
    },
    overlapping: (id) =>
      store
        .read(() => laterOverlapping(id, house))
        .map(({ id: action_id, summary, agent }) => ({ action_id, summary, agent })),
    lastUndoable(cwd) {
      const here = (row: ActionRow | null): row is ActionRow =>
        row !== null && (row.workspace.cwd === cwd || row.workspace.roots.includes(cwd));
      return store.read(() => {
        for (const { action_id } of store.snapshots.list(1000)) {
          const row = store.actions.get(action_id);
          const open = here(row) && row.phase === 'finished' && row.undoes === null;
          if (open && store.actions.undoneBy(action_id) === null) return action_id;
        }
        return null;
      });
    },
  };
}
