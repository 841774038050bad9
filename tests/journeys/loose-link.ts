import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a browser and the system that can be slow, and can be gone. */
export interface LooseLink {
  /** An address of the system, through this link. */
  through(url: string): string;
  /**
   * Lets every connection trickle from now on, and breaks them all once one of them has carried this many bytes upwards;
   * nothing gets through for `goneMs` after that.
   */
  breakAfter(bytesUp: number, goneMs: number): void;
  /** How often it broke, and the longest time until something got through again. */
  readonly breaks: number;
  close(): Promise<void>;
}

/** Bytes at a time and pause between them while it trickles: about 100 kB/s. */
const TRICKLE = { bytes: 4_096, everyMs: 40 } as const;

/** Opens a link to the system at `baseUrl`, on another port of the loopback address. */
export async function openLooseLink(baseUrl: string): Promise<LooseLink> {
  const target = new URL(baseUrl);
  const sockets = new Set<Socket>();
  let limit = Number.POSITIVE_INFINITY;
  let goneMs = 0;
  let goneUntil = 0;
  let breaks = 0;

  const server = createServer((near) => {
    if (Date.now() < goneUntil) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    let up = 0;
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
    near.on('data', (chunk) => {
      up += chunk.length;
      far.write(chunk);
      if (up >= limit) {
        breakAll();
        return;
      }
      if (limit === Number.POSITIVE_INFINITY) return;
      near.pause();
      setTimeout(() => near.resume(), (TRICKLE.everyMs * chunk.length) / TRICKLE.bytes);
    });
  });

  function breakAll(): void {
    breaks += 1;
    goneUntil = Date.now() + goneMs;
    limit = Number.POSITIVE_INFINITY;
    for (const socket of sockets) socket.destroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    through: (url) => Object.assign(new URL(url), { port: String(port) }).href,
    breakAfter(bytesUp, forMs) {
      limit = bytesUp;
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
