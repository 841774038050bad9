import { verifyWebhook, type WebhookEvent } from '@selfsame/webhooks';
import fastify from 'fastify';

/** @param handle stores the event; it is quick, and the work comes later */
export function createServer(secret: string, handle: (event: WebhookEvent) => Promise<void>) {
  const server = fastify();
  // An instance of its own, so that only this route gets raw bytes.
  server.register(async (webhooks) => {
    webhooks.removeAllContentTypeParsers();
    webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    webhooks.post<{ Body: Buffer }>('/webhooks', async (request, reply) => {
      await handle(verifyWebhook(request.body, request.headers, secret));
      return reply.code(204).send();
    });
  });
  return server;
}
