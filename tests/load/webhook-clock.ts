import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver that notes when the first byte of each session's verdict arrived, on this process's clock. */
export interface WebhookClock {
  url: string;
  /** Milliseconds of `performance.now()`; undefined until the verdict arrived. */
  firstByteMs(sessionId: string): number | undefined;
  close(): Promise<void>;
}

const verdicts = new Set(['Approved', 'Declined', 'In Review']);

export async function startWebhookClock(): Promise<WebhookClock> {
  const arrivals = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const arrivedMs = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.end('ok');
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        session_id: string;
        status: string;
      };
      if (verdicts.has(body.status) && !arrivals.has(body.session_id))
        arrivals.set(body.session_id, arrivedMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    firstByteMs: (sessionId) => arrivals.get(sessionId),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
