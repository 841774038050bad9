import type { SessionServiceImplementation, SharedFrom } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { findApplication } from '../outbound/organization-store.ts';
import type { Import } from '../partner-sessions.ts';
import { exportSession, importSession } from '../partner-sessions.ts';

/** What the share service asks: proto ↔ use cases. */
export function partnerRpc(
  context: Context,
): Pick<SessionServiceImplementation, 'findApplication' | 'exportSession' | 'importSession'> {
  return {
    async findApplication({ reference }) {
      const found = await findApplication(context.database.db, reference);
      if (found !== null) return found;
      throw new Failure('not_found', 'application_not_found', 'There is no such application.');
    },
    async exportSession(wanted) {
      const { session, snapshot, sequence, userPid, page } = await exportSession(context, wanted);
      return {
        status: session.state.status,
        sequence: BigInt(sequence),
        vendorData: session.vendorData ?? '',
        userPid,
        snapshotJson: snapshot,
        deviceNames: session.deviceName === null ? [] : [session.deviceName],
        appearance: page.appearance ?? undefined,
        // Consents and imports say who shares: what an application calls itself on its pages is no name for that.
        applicationName: session.application.name,
        language: session.language ?? '',
        decidedAt: session.statusChangedAt,
      };
    },
    async importSession({ snapshotJson, sharedFrom, vendorData, ...wanted }) {
      if (sharedFrom?.sharedAt === undefined) {
        throw new Failure('invalid', 'provenance_missing', 'An import says where it comes from.');
      }
      const { decision, userPid } = await importSession(context, {
        ...wanted,
        vendorData: vendorData || null,
        snapshot: snapshotJson,
        sharedFrom: provenance(sharedFrom, sharedFrom.sharedAt),
      });
      return { decisionJson: JSON.stringify(decision), userPid };
    },
  };
}

function provenance(from: SharedFrom, sharedAt: Date): Import['sharedFrom'] {
  return {
    session_id: from.sessionId,
    application_id: from.applicationId,
    application_name: from.applicationName,
    status: from.status,
    purpose: from.purpose,
    scope: from.scope,
    share_id: from.shareId,
    consented_at: from.consentedAt?.toISOString() ?? null,
    shared_at: sharedAt.toISOString(),
  };
}
