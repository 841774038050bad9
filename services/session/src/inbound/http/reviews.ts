import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import type { Review } from '../../outbound/review-store.ts';
import { addReview, readReviews } from '../../reviews.ts';
import { describedBody, grantedSession } from './answers.ts';
import { ReviewBody, ReviewEntry, ReviewNote, refusals, SessionPath } from './schemas.ts';

const tags = ['reviews'];

/** Routes of a session's audit feed. */
export function reviewRoutes(api: HttpServer, context: Context): void {
  api.get(
    '/v3/sessions/:id/reviews/',
    {
      config: { audited: true },
      schema: {
        tags,
        summary: 'Read the audit feed of a session, oldest first',
        params: SessionPath,
        response: { 200: Type.Array(ReviewEntry), ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { reviews } = await grantedSession(context, request, id, () =>
        readReviews(context, request.principal, id),
      );
      return reviews.map(feedEntry);
    },
  );

  const { body, ...readBody } = describedBody(ReviewBody);
  api.post(
    '/v3/sessions/:id/reviews/',
    {
      ...readBody,
      schema: {
        tags,
        summary: 'Add a note to the audit feed',
        params: SessionPath,
        body,
        response: { 201: ReviewNote, ...refusals },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { review } = await grantedSession(context, request, id, () =>
        addReview(context, request.principal, id, request.body),
      );
      return reply.code(201).send({
        user: review.actor,
        new_status: review.new_status,
        comment: review.comment,
        created_at: review.created_at.toISOString(),
      });
    },
  );
}

function feedEntry(review: Review) {
  return {
    uuid: review.id,
    activity_type: review.activity_type,
    actor_display: review.actor,
    actor_email: null,
    actor_type: review.actor_type,
    new_status: review.new_status,
    previous_status: review.previous_status,
    comment: review.comment,
    mentioned_emails: [],
    previous_value: null,
    new_value: null,
    changed_fields: [],
    metadata: review.metadata,
    created_at: review.created_at.toISOString(),
  };
}
