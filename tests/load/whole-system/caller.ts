import { Agent, request as openRequest } from 'node:http';

/** An answer of the system; status 0: none came in time. */
export interface Answer {
  readonly status: number;
  /** When whoever refused wants to be asked again. */
  readonly retryAfterMs: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as the contract's tables name them
  readonly body: any;
}

/** What is asked, and from which address of this machine. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly from?: string;
  readonly timeoutMs: number;
}

/** Callers that keep their connections, as gateways and browsers do, each on an address of its own. */
export interface Caller {
  /** Never throws: what goes wrong is status 0. */
  call(call: Call): Promise<Answer>;
  close(): void;
}

const silence: Answer = { status: 0, retryAfterMs: undefined, body: {} };

/** @param baseUrl of the edge; plain http on this machine */
export function createCaller(baseUrl: string): Caller {
  const { hostname, port } = new URL(baseUrl);
  const agents = new Map<string, Agent>();
  const agentOf = (from: string) => {
    const known = agents.get(from);
    if (known !== undefined) return known;
    const agent = new Agent({ keepAlive: true, maxSockets: 512 });
    agents.set(from, agent);
    return agent;
  };

  function call({ method, path, headers = {}, body, from, timeoutMs }: Call): Promise<Answer> {
    const answered = Promise.withResolvers<Answer>();
    const outgoing = openRequest({
      ...{ hostname, port, method, path, agent: agentOf(from ?? '') },
      ...(from === undefined ? {} : { localAddress: from }),
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
    });
    const late = setTimeout(() => outgoing.destroy(), timeoutMs);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.on('end', () => {
        const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN);
        answered.resolve({
          status: response.statusCode ?? 0,
          retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
          body: jsonOf(Buffer.concat(chunks)),
        });
      });
    });
    outgoing.on('error', () => undefined);
    outgoing.on('close', () => {
      clearTimeout(late);
      answered.resolve(silence);
    });
    outgoing.end(body);
    return answered.promise;
  }

  return {
    call,
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return {};
  }
}
