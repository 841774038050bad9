import { createServer, type IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ReceivedRequest {
  method: string;
  /** Path and query as sent. */
  path: string;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  /** The exact bytes, for signatures. */
  rawBody: Buffer;
  receivedAt: Date;
}

/** `hang`: never answers, the connection stays open. */
export interface ReceiverAnswer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
  delayMs?: number;
  hang?: boolean;
}

export interface Receiver {
  /** Without a trailing slash. */
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Replaces how requests are answered; default is 200 with an empty body. */
  answer(decide: (request: ReceivedRequest) => ReceiverAnswer): void;
  close(): Promise<void>;
}

/** A stranger on the network: an HTTP server that keeps what it got and answers as told. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  let decide: (request: ReceivedRequest) => ReceiverAnswer = () => ({ status: 200 });

  const server = createServer(async (incoming, response) => {
    const receivedAt = new Date();
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return; // the sender hung up before the body was complete
    }
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      rawBody: Buffer.concat(chunks),
      receivedAt,
    };
    requests.push(request);
    const answer = decide(request);
    if (answer.hang) return;
    if (answer.delayMs) await sleep(answer.delayMs, undefined, { ref: false });
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('receiver has no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer: (next) => {
      decide = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
