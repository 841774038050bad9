import { randomUUIDv7 } from 'node:crypto';
import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import { isObject, readFields } from './domain/fields.ts';
import { statuses } from './domain/status.ts';
import { commentMaxLength } from './domain/status-change.ts';
import type { Review } from './outbound/review-store.ts';
import { insertReview, listReviews } from './outbound/review-store.ts';
import { findSession } from './outbound/session-store.ts';
import type { Refused } from './refusal.ts';
import { notFound, refusedFields } from './refusal.ts';

/** Whoever acts with an API key, in the contract's words. */
export const apiActor = { actor_type: 'API_KEY', actor: 'API Client' } as const;

/** The feed shows this many entries, the latest ones. */
const feedLimit = 500;

/** `GET /v3/sessions/{id}/reviews/`: the audit feed, oldest first. */
export async function readReviews(
  context: Context,
  principal: Principal,
  sessionId: string,
): Promise<{ reviews: Review[] } | Refused> {
  const { db } = context.database;
  const session = await findSession(db, principal.applicationId, sessionId);
  return session === null ? notFound : { reviews: await listReviews(db, session.id, feedLimit) };
}

/** `POST /v3/sessions/{id}/reviews/`: records a note and changes nothing else. */
export async function addReview(
  context: Context,
  principal: Principal,
  sessionId: string,
  body: unknown,
): Promise<{ review: Review } | Refused> {
  const { database } = context;
  const session = await findSession(database.db, principal.applicationId, sessionId);
  if (session === null) return notFound;
  const fields = readFields(isObject(body) ? body : {});
  const comment = fields.required('comment') ? fields.text('comment', { max: commentMaxLength }) : undefined;
  const newStatus = fields.choice('new_status', statuses);
  if (comment === undefined || Object.keys(fields.errors).length > 0) return refusedFields(fields.errors);
  const review: Review = {
    ...apiActor,
    id: randomUUIDv7(),
    session_id: session.id,
    activity_type: 'COMMENT',
    previous_status: null,
    new_status: newStatus ?? null,
    comment,
    metadata: null,
    created_at: new Date(),
  };
  await database.transaction(async (tx) => {
    await insertReview(tx, review);
  });
  return { review };
}
