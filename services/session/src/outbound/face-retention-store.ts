import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** A face that is to be forgotten some time after a session was deleted. */
export interface FaceRetention {
  readonly applicationId: string;
  readonly vendorData: string;
  readonly askedAt: Date;
  readonly forgetAt: Date;
}

/** Of two times the earlier one counts: both are about one face, since a new one ends what was asked before. */
export async function putFaceRetention(tx: Tx, retention: FaceRetention): Promise<void> {
  await tx
    .insertInto('face_retentions')
    .values({
      application_id: retention.applicationId,
      vendor_data: retention.vendorData,
      asked_at: retention.askedAt,
      forget_at: retention.forgetAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['application_id', 'vendor_data']).doUpdateSet({
        asked_at: sql<Date>`excluded.asked_at`,
        forget_at: sql<Date>`least(face_retentions.forget_at, excluded.forget_at)`,
      }),
    )
    .execute();
}

/** Locks one that is due; others leave it to this transaction. */
export async function takeDueFace(tx: Tx, now: Date): Promise<FaceRetention | null> {
  const row = await tx
    .selectFrom('face_retentions')
    .select([
      'application_id as applicationId',
      'vendor_data as vendorData',
      'asked_at as askedAt',
      'forget_at as forgetAt',
    ])
    .where('forget_at', '<=', now)
    .orderBy('forget_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row ?? null;
}

/** It is done, or there is nobody any more. */
export async function dropFaceRetention(
  db: Queries,
  { applicationId, vendorData }: Pick<FaceRetention, 'applicationId' | 'vendorData'>,
): Promise<void> {
  await db
    .deleteFrom('face_retentions')
    .where('application_id', '=', applicationId)
    .where('vendor_data', '=', vendorData)
    .execute();
}
