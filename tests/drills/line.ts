import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** How a line carries what is said on it. */
export interface Weather {
  /** One way. */
  readonly delayMs: number;
  /** Of the pieces, this share is late by `stallMs`, as a lost packet that has to be sent again; those behind it wait. */
  readonly stallShare: number;
  readonly stallMs: number;
}

/** Something between a caller and a callee that carries bytes. */
export interface Line {
  readonly port: number;
  /** Where it leads. */
  leadTo(address: { host: string; port: number }): void;
  /** From now on; what is on its way arrives as it would have. */
  weather(weather: Weather): void;
  /** Connections that stand fall silent for good and look whole from both ends; new ones are carried. @returns how many */
  forgetConnections(): number;
  /** Nobody listens, and what stood is broken off: as if the callee had died. */
  refuse(): Promise<void>;
  /** Listens again, at the same port. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

const fair: Weather = { delayMs: 0, stallShare: 0, stallMs: 0 };

/** Opens a line that leads nowhere yet. */
export async function openLine(): Promise<Line> {
  let weather = fair;
  let target: { host: string; port: number } | undefined;
  const calls = new Set<{ silent: boolean; sockets: readonly [Socket, Socket] }>();

  const server = createServer((caller) => {
    if (target === undefined) return void caller.resetAndDestroy();
    const callee = connect(target);
    const call = { silent: false, sockets: [caller, callee] as const };
    calls.add(call);
    for (const socket of call.sockets) socket.setNoDelay(true);
    carry(caller, callee);
    carry(callee, caller);
    // A callee that is not there is no connection for the caller either.
    callee.once('error', () => !call.silent && caller.resetAndDestroy());
    caller.once('error', () => !call.silent && callee.resetAndDestroy());
    const gone = () => {
      if (call.sockets.every((socket) => socket.closed)) calls.delete(call);
    };
    for (const socket of call.sockets) socket.once('close', gone);

    function carry(from: Socket, to: Socket): void {
      let lastAtMs = 0;
      let before = Promise.resolve();
      /** In the order in which it was said. */
      const later = (act: () => void) => {
        const stallMs = Math.random() < weather.stallShare ? weather.stallMs : 0;
        lastAtMs = Math.max(lastAtMs, performance.now() + weather.delayMs + stallMs);
        const atMs = lastAtMs;
        before = before.then(async () => {
          const leftMs = atMs - performance.now();
          if (leftMs > 0) await pause(leftMs);
          if (!call.silent && !to.destroyed) act();
        });
      };
      from.on('data', (bytes) => later(() => void to.write(bytes)));
      from.on('end', () => later(() => to.end()));
      from.on('close', () => later(() => to.end()));
    }
  });
  const accept = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const refuse = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const { sockets } of calls) for (const socket of sockets) socket.destroy();
    });
  await accept(0);
  const { port } = server.address() as AddressInfo;

  return {
    port,
    leadTo: (address) => {
      target = address;
    },
    weather: (next) => {
      weather = next;
    },
    forgetConnections() {
      const standing = [...calls].filter(({ silent }) => !silent);
      for (const call of standing) call.silent = true;
      return standing.length;
    },
    refuse,
    accept: () => accept(port),
    close: refuse,
  };
}
