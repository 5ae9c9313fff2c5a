import { HomeostatError } from '../core/errors.ts';
import type { Operator } from '../core/gateway.ts';
import { type ConfigFile, parseConfig } from '../registry/config-file.ts';
import type { ApproverFile } from '../store/approver-file.ts';
import { type AuditEntry, BLANK } from '../store/audit.ts';
import type { ActionRow } from '../store/actions.ts';
import { approvalText } from './approvals/approval-text.ts';
import { requireProof } from './approvals/proof.ts';
import { resumeAction } from './approvals/resume.ts';
import { expireOverdue, settle } from './approvals/settle.ts';
import { trust } from './config-trust.ts';
import type { House } from './house.ts';
import { auditReport } from './audit/report.ts';
import { verified } from './audit/verified.ts';
import { approvalInfo } from './records.ts';
import { collectGarbage, findGarbage } from './snapshots/prune.ts';

const MIN_PASSPHRASE = 8;

/** What a person alone can do; see `Operator`. */
export function operator(house: House, approver: ApproverFile, file: ConfigFile): Operator {
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
      const approval = store.read(() => store.approvals.of(id));
      if (approval === null) throw new HomeostatError('not_held', `action ${id} waits for no approval`);
      return { ...approvalInfo(approval, house), text: approvalText(row), digest: approval.digest };
    },
    async approve(id, digest, proof) {
      await requireProof(proof, `approve ${id}`, approver, house);
      const row = held(id);
      store.write(() => {
        if (store.approvals.of(id)?.digest !== digest) {
          throw new HomeostatError(
            'world_changed',
            `action ${id} was worked out anew while you looked; look again`,
          );
        }
        if (!store.approvals.move(id, ['pending'], 'approved')) {
          throw new HomeostatError('not_held', `action ${id} is not waiting for a decision`);
        }
        record({
          event: 'approval.approved',
          action: row.tool,
          action_id: id,
          risk_level: row.risk.level,
          approval_status: 'approved',
        });
      });
    },
    resume: async (id, { principal, cwd, signal, onProgress }) =>
      // The workspace is the one that the action was asked with; this one is never looked at.
      resumeAction(id, 0, { principal, workspace: { roots: [], cwd }, signal, onProgress }, house, true),
    deny: (id, note) => end(id, 'denied', note),
    revoke: (id) => end(id, 'revoked', 'taken back by a person'),
    stop(reason) {
      house.stop.pull(reason);
      store.write(() =>
        record({ event: 'stop.pulled', action: 'stop', detail: reason.slice(0, 300).toWellFormed() }),
      );
    },
    async release(proof) {
      await requireProof(proof, 'release', approver, house);
      store.write(() => record({ event: 'stop.released', action: 'release' }));
      house.stop.release();
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
      trust(file.source, file.config, house);
    },
    async trustWritten(source) {
      // Only the first configuration, where none was: nothing that an agent could bring about again.
      if (store.setting('trusted_config') !== null || file.source !== null) {
        throw new HomeostatError('terminal_required', 'a configuration is trusted by `homeostat trust`');
      }
      trust(source, parseConfig(source, file.path), house);
    },
    verifyAudit: (anchor) => verified(anchor, store),
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
    pin: (id) => pin(id, true),
    async unpin(id, proof) {
      await requireProof(proof, `unpin ${id}`, approver, house);
      pin(id, false);
    },
    pinned: () => store.read(() => store.snapshots.pinned()),
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
