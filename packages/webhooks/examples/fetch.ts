import { verifyWebhook, WebhookError, type WebhookEvent } from '@selfsame/webhooks';

/** For everything that speaks Request and Response; in Next.js, what app/webhooks/route.ts exports as POST. */
export function createHandler(secret: string, handle: (event: WebhookEvent) => Promise<void>) {
  return async function POST(request: Request): Promise<Response> {
    try {
      await handle(verifyWebhook(await request.text(), request.headers, secret));
      return new Response(null, { status: 204 });
    } catch (error) {
      if (error instanceof WebhookError) return new Response(error.code, { status: error.statusCode });
      throw error;
    }
  };
}
