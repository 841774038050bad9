import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** As fetch, over a link that takes its time for the body: half at once, the rest after so long. */
export function slowLink(forMs: number): typeof fetch {
  return (target, { method = 'GET', headers = {}, body, signal } = {}) =>
    new Promise<Response>((resolve, reject) => {
      const bytes = body instanceof Uint8Array ? body : Buffer.alloc(0);
      const outgoing = request(String(target), {
        method,
        headers: { ...Object.fromEntries(new Headers(headers)), 'content-length': bytes.length },
        ...(signal ? { signal } : {}),
      });
      outgoing.once('error', reject).once('response', async (incoming) => {
        try {
          const text = Buffer.concat(await incoming.toArray());
          const told = Object.entries(incoming.headers).flatMap(([name, value]) =>
            typeof value === 'string' ? [[name, value] satisfies [string, string]] : [],
          );
          resolve(new Response(text, { status: incoming.statusCode ?? 0, headers: told }));
        } catch (error) {
          reject(error);
        }
      });
      const half = Math.floor(bytes.length / 2);
      outgoing.write(bytes.subarray(0, half));
      void pause(forMs).then(() => outgoing.end(bytes.subarray(half)));
    });
}
