import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** The one address of a local run: nothing but the edge is meant to be reached from elsewhere. */
export const loopback = '127.0.0.1';

const lowestRandomPort = 20_000;
const highestRandomPort = 32_000;

/** True when `port` can be listened on right now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: loopback, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * `preferred` when it is free, otherwise a free one at random; never one of `taken`, which it joins. Random ports lie
 * below those that the system gives to outgoing connections, which could take them before they are listened on.
 */
export async function choosePort(preferred: number | undefined, taken: Set<number>): Promise<number> {
  for (let port = preferred; ; port = randomInt(lowestRandomPort, highestRandomPort)) {
    if (port === undefined || taken.has(port) || !(await isPortFree(port))) continue;
    taken.add(port);
    return port;
  }
}
