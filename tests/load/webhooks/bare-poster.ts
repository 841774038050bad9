import { randomUUIDv7 } from 'node:crypto';
import { Agent, request } from 'undici';
import { serveHelper } from './helper-process.ts';
import { type SignedPost, signedPost } from './signed-post.ts';

/** The limit: signed POSTs and nothing else, no queue, no database, no record. */
const calls = {
  /** Posts the same body to the targets in turn, `concurrency` at once, each request signed on its own. */
  async post(input: {
    targets: readonly string[];
    body: string;
    concurrency: number;
    forMs: number;
  }): Promise<void> {
    const { targets, body, concurrency, forMs } = input;
    const agent = new Agent({ pipelining: 1, connections: concurrency });
    const endMs = performance.now() + forMs;
    let next = 0;
    const postInTurn = async (): Promise<void> => {
      while (performance.now() < endMs) {
        const url = targets[next++ % targets.length] ?? '';
        await send(agent, url, signedPost(body, randomUUIDv7()));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, postInTurn));
    await agent.close();
  },
};

export type BarePosterCalls = typeof calls;

async function send(dispatcher: Agent, url: string, post: SignedPost): Promise<void> {
  const answer = await request(url, { dispatcher, method: 'POST', ...post });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`the receiver answered ${answer.statusCode}`);
}

serveHelper(calls);
