import { verifyWebhook } from '@selfsame/webhooks';
import express from 'express';

/** @param handle stores the event; it is quick, and the work comes later */
export function createApp(secret, handle) {
  const app = express();
  // Before any app.use(express.json()), which would take the bytes away.
  app.post('/webhooks', express.raw({ type: '*/*', limit: '512kb' }), async (request, response) => {
    await handle(verifyWebhook(request.body, request.headers, secret));
    response.sendStatus(204);
  });
  return app;
}
