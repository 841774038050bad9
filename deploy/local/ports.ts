import { connect, createServer } from 'node:net';

/** The one address of a local run: nothing but the edge is meant to be reached from elsewhere. */
export const loopback = '127.0.0.1';

/** True when `port` can be listened on right now. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined;
}

/** `preferred` when it is free, otherwise a port that the system picks; never one of `taken`, which it joins. */
export async function choosePort(preferred: number, taken: Set<number>): Promise<number> {
  let port = taken.has(preferred) ? undefined : await tryListen(preferred);
  while (port === undefined || taken.has(port)) port = await tryListen(0);
  taken.add(port);
  return port;
}

/** True when something accepts connections at `host:port` within `timeoutMs`. */
export function accepts(host: string, port: number, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: loopback, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
