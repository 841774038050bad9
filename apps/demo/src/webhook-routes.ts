import type { FastifyInstance } from 'fastify';
import { type Accounts, learnFromWebhook } from './accounts.ts';
import type { Live } from './live.ts';
import type { createWebhookVerifier } from './webhook.ts';

/** POST /demo/webhooks/{application}: the raw bytes are verified first; only then is anything believed. */
export async function webhookRoutes(
  server: FastifyInstance,
  options: {
    accounts: Accounts;
    live: Live;
    verifiers: Map<string, ReturnType<typeof createWebhookVerifier>>;
  },
): Promise<void> {
  const { accounts, live, verifiers } = options;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  server.post<{ Params: { application: string }; Body: Buffer }>(
    '/demo/webhooks/:application',
    { bodyLimit: 512 * 1024 },
    async (request, reply) => {
      const { application } = request.params;
      const verify = verifiers.get(application);
      if (!verify) return reply.code(404).send({ detail: 'Not found.' });

      const verdict = verify(request.body ?? Buffer.alloc(0), request.headers);
      live.add(application, verdict);
      if (verdict.outcome === 'refused') return reply.code(401).send({ detail: verdict.reason });

      // Our own users come from our own application; another's webhooks are only listed.
      const { event, outcome } = verdict;
      if (application === 'demo' && outcome === 'accepted' && event.webhook_type === 'status.updated') {
        const attempt = accounts.attemptOfSession(event.session_id);
        if (attempt) learnFromWebhook(attempt, event.status, event.sequence);
      }
      return { received: true };
    },
  );
}
