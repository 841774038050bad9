import { isIP, type LookupFunction, Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { type AddressPolicy, isPermittedAddress } from '../domain/addresses.ts';
import type { Resolve } from './resolver.ts';

/** One connection to one origin: at most one socket, one request at a time. */
export interface Connection {
  readonly client: Client;
  readonly origin: string;
  /** Requests that its present socket has answered. */
  served: number;
}

/** The connections of this process to all receivers, bounded in all and for each origin. */
export interface Connections {
  /**
   * An idle connection, a new one, or the next that becomes free.
   *
   * @throws Error with a code: `too_many_connections` when all are in use, `timeout`, `client_closed`
   */
  take(origin: string, wait: Wait): Connection | Promise<Connection>;
  /** The connection can serve again. */
  giveBack(connection: Connection): void;
  /** Closes it, whatever it is doing. */
  discard(connection: Connection): void;
  /**
   * Discards a connection for a new one to the same origin.
   *
   * @throws Error `client_closed`
   */
  renew(connection: Connection): Connection;
  close(): Promise<void>;
}

/** How long one is willing to wait: `onOver` is called when that time is over. */
export interface Wait {
  onOver: () => void;
}

interface Origin {
  open: number;
  readonly idle: Connection[];
  readonly waiting: Set<(outcome: Connection | Error) => void>;
}

/** Many servers close idle connections after 5 s; closing first avoids posting into one that is going away. */
const idleTimeoutMs = 4_000;
/** What a receiver's own announcement (`Keep-Alive: timeout=5`) is shortened by, for the same reason. */
const idleMarginMs = 1_000;
const maxHeaderBytes = 16 * 1024;
/** Addresses of one name that are tried; a receiver has a few. */
const maxAddresses = 6;
const addressAttemptMs = 1_000;

/** An error with a stable code. */
export function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * Connections that go only where the policy permits, HTTP/1.1, certificates always verified. A name is resolved by the
 * connection itself, and it goes to an address that was checked then; an address in the URL is checked the same way.
 *
 * @param options.connectTimeoutMs for name, connection and TLS
 * @param options.maxConnections idle ones included, which make room for new ones
 */
export function createConnections(options: {
  policy: AddressPolicy;
  resolve: Resolve;
  connectTimeoutMs: number;
  maxConnections: number;
  maxConnectionsPerOrigin: number;
}): Connections {
  const { policy, connectTimeoutMs, maxConnections, maxConnectionsPerOrigin } = options;
  const dial = createDialer(options);
  const origins = new Map<string, Origin>();
  /** Of all origins, the one that rests longest first. */
  const resting = new Set<Connection>();
  const sockets = new Map<Connection, Socket | undefined>();
  let isClosed = false;

  function open(origin: string, state: Origin): Connection {
    if (isClosed) throw clientClosed();
    if (sockets.size >= maxConnections) {
      const [oldest] = resting;
      if (oldest === undefined) throw codedError('too_many_connections', 'all connections are in use');
      discard(oldest);
    }
    const client = new Client(origin, {
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
      keepAliveTimeoutThreshold: idleMarginMs,
      // Whoever posts ends a request that takes too long by discarding its connection.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect(request, callback) {
        connection.served = 0;
        const socket: unknown = dial(request, callback);
        if (socket instanceof Socket && sockets.has(connection)) sockets.set(connection, socket);
      },
    });
    const connection: Connection = { client, origin, served: 0 };
    client.on('disconnect', () => {
      if (resting.has(connection)) discard(connection);
    });
    state.open += 1;
    sockets.set(connection, undefined);
    origins.set(origin, state);
    return connection;
  }

  function close(connection: Connection): Origin | undefined {
    if (!sockets.has(connection)) return undefined;
    const socket = sockets.get(connection);
    sockets.delete(connection);
    void connection.client.destroy().catch(() => {}); // it is gone either way
    socket?.destroy(); // also one that is still connecting
    const state = stateOf(connection.origin);
    state.open -= 1;
    if (resting.delete(connection)) state.idle.splice(state.idle.indexOf(connection), 1);
    return state;
  }

  function discard(connection: Connection): void {
    const state = close(connection);
    if (state === undefined) return;
    const [next] = state.waiting;
    if (next !== undefined) next(open(connection.origin, state));
    else if (state.open === 0) origins.delete(connection.origin);
  }

  function stateOf(origin: string): Origin {
    return origins.get(origin) ?? { open: 0, idle: [], waiting: new Set() };
  }

  return {
    discard,
    take(origin, wait) {
      const state = stateOf(origin);
      const idle = state.idle.pop();
      if (idle !== undefined) {
        resting.delete(idle);
        return idle;
      }
      if (state.open < maxConnectionsPerOrigin) return open(origin, state);
      return new Promise((resolve, reject) => {
        const enter = (outcome: Connection | Error) => {
          state.waiting.delete(enter);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        };
        state.waiting.add(enter);
        wait.onOver = () => enter(codedError('timeout', 'no connection became free'));
      });
    },
    giveBack(connection) {
      if (!sockets.has(connection)) return;
      connection.served += 1;
      const state = stateOf(connection.origin);
      const [next] = state.waiting;
      if (next !== undefined) next(connection);
      else {
        state.idle.push(connection);
        resting.add(connection);
      }
    },
    renew(connection) {
      close(connection);
      return open(connection.origin, stateOf(connection.origin));
    },
    async close() {
      isClosed = true;
      for (const { waiting } of origins.values()) {
        for (const enter of [...waiting]) enter(clientClosed());
      }
      const all = [...sockets.keys()];
      for (const connection of all) discard(connection);
      await Promise.all(all.map(({ client }) => client.destroy().catch(() => {})));
    },
  };

  function createDialer({ resolve }: { resolve: Resolve }): buildConnector.connector {
    const connect = buildConnector({
      allowH2: false,
      timeout: connectTimeoutMs,
      rejectUnauthorized: true, // said aloud: NODE_TLS_REJECT_UNAUTHORIZED does not switch it off
      lookup: permittedLookup(resolve, policy),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: addressAttemptMs,
    });
    return (request, callback) => {
      // No resolver is asked about an address, so it is checked here.
      if (isIP(request.hostname) !== 0 && !isPermittedAddress(request.hostname, policy.allowedNetworks)) {
        queueMicrotask(() => callback(addressRefused(), null));
        return undefined;
      }
      return connect(request, callback);
    };
  }
}

function clientClosed(): Error {
  return codedError('client_closed', 'the client is closed');
}

function addressRefused(): Error {
  return codedError('address_refused', 'webhooks never go to this address');
}

/**
 * The connection goes to an address that this function returns, so what was checked is what is reached, whatever the
 * name resolves to a moment later.
 */
function permittedLookup(resolve: Resolve, policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    const answer = async () => {
      const addresses = await resolve(hostname);
      const permitted = addresses
        .filter(({ address }) => isPermittedAddress(address, policy.allowedNetworks))
        .slice(0, maxAddresses);
      const [first] = permitted;
      if (first === undefined) throw addressRefused();
      return { permitted, first };
    };
    answer().then(
      ({ permitted, first }) =>
        options.all ? callback(null, permitted) : callback(null, first.address, first.family),
      (error) => callback(error, []),
    );
  };
}
