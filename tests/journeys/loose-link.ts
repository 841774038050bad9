import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a browser and the system that can be gone. */
export interface LooseLink {
  /** An address of the system, through this link. */
  through(url: string): string;
  /**
   * Waits for an upload, and breaks every connection once this much of it has passed; nothing gets through
   * for `goneMs` after that.
   */
  breakUploadAfter(bytes: number, goneMs: number): void;
  /** How often it broke. */
  readonly breaks: number;
  close(): Promise<void>;
}

/** How an upload begins. */
const UPLOAD = /^(POST|PATCH) \S+\/attempts\/[^/ ]+ HTTP/;
/** Bytes that pass at a time. */
const SIP = 4_096;

/** Opens a link to the system at `baseUrl`, on another port of the loopback address. */
export async function openLooseLink(baseUrl: string): Promise<LooseLink> {
  const target = new URL(baseUrl);
  const sockets = new Set<Socket>();
  let limit: number | undefined;
  let goneMs = 0;
  let goneUntil = 0;
  let breaks = 0;

  const server = createServer((near) => {
    if (Date.now() < goneUntil) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    // Of nothing but an upload: what lets thumbnails through, and headers, never counts.
    let uploaded = Number.NEGATIVE_INFINITY;
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    far.pipe(near);
    near.on('data', (chunk: Buffer) => {
      if (limit === undefined) {
        far.write(chunk);
        return;
      }
      if (UPLOAD.test(chunk.toString('latin1'))) uploaded = 0;
      for (let at = 0; at < chunk.length && uploaded < limit; at += SIP) {
        const sip = chunk.subarray(at, at + SIP);
        far.write(sip);
        uploaded += sip.length;
      }
      if (uploaded >= limit) breakAll();
    });
  });

  function breakAll(): void {
    breaks += 1;
    goneUntil = Date.now() + goneMs;
    limit = undefined;
    for (const socket of sockets) socket.destroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    through: (url) => Object.assign(new URL(url), { port: String(port) }).href,
    breakUploadAfter(bytes, forMs) {
      limit = bytes;
      goneMs = forMs;
    },
    get breaks() {
      return breaks;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
