import type { Transaction } from '@selfsame/database/database';
import type { DecisionReview } from '../domain/decision-view.ts';
import type { Session } from '../domain/session.ts';
import type { Queries, Tables } from './tables.ts';

/** One entry of a session's audit feed, as it is stored. */
export interface Review {
  readonly id: string;
  readonly session_id: string;
  readonly activity_type: 'COMMENT' | 'STATUS_UPDATED' | 'KYC_DATA_UPDATED';
  readonly actor_type: 'API_KEY' | 'SYSTEM';
  readonly actor: string;
  readonly previous_status: string | null;
  readonly new_status: string | null;
  readonly comment: string | null;
  /** Facts about the change that have no column of their own. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly created_at: Date;
}

/** Appends to the audit feed. */
export async function insertReview(tx: Transaction<Tables>, review: Review): Promise<void> {
  const metadata = review.metadata === null ? null : JSON.stringify(review.metadata);
  await tx
    .insertInto('reviews')
    .values({ ...review, metadata })
    .execute();
}

/** The audit feed of a session, oldest first; the latest `limit` entries. */
export async function listReviews(db: Queries, sessionId: string, limit: number): Promise<Review[]> {
  const rows = await db
    .selectFrom('reviews')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse() as Review[];
}

/** How often steps of a session were corrected by hand. */
export async function countStepReviews(db: Queries, sessionId: string): Promise<number> {
  const { count } = await db
    .selectFrom('reviews')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('session_id', '=', sessionId)
    .where('activity_type', '=', 'KYC_DATA_UPDATED')
    .executeTakeFirstOrThrow();
  return count;
}

/** A decision shows this many, the latest ones. */
const decisionLimit = 100;

/** Reviews as the decision of a session shows them, oldest first. */
export async function listDecisionReviews(db: Queries, session: Session): Promise<DecisionReview[]> {
  if (!session.hasReviews) return [];
  const reviews = await listReviews(db, session.id, decisionLimit);
  return reviews.map((review) => ({
    user: review.actor,
    new_status: review.new_status,
    comment: review.comment,
    created_at: review.created_at.toISOString(),
  }));
}
