import type { FastifyRequest } from 'fastify';
import { clientOf, createRateLimit, type RateLimit } from '../domain/rate-limit.ts';
import { tooMany } from './refusals.ts';
import { tokenDigest } from './token.ts';

/** Per session or consent and minute. A page repeats a frame seven times at most. */
const perSession = {
  visit: { perMinute: 120, burst: 30 },
  attempt: { perMinute: 20, burst: 10 },
  challenge: { perMinute: 20, burst: 10 },
  resume: { perMinute: 60, burst: 20 },
  /** Of a link that asks for a consent. */
  consent: { perMinute: 60, burst: 20 },
} as const;

/** Links that lead nowhere, per client and minute: enough for a mistyped link, too few to guess one. */
const unknownPerMinute = 30;

/** Who may come in, decided before a single byte of the body is read. */
export interface Admission {
  /** Hook: counts against the session's and the client's budget. @throws TooMany */
  limit(kind: keyof typeof perSession): (request: FastifyRequest) => Promise<void>;
  /** The link led nowhere: counts against the client. */
  countUnknown(request: FastifyRequest): void;
  /** @throws TooMany when the client's budget is spent, or it has tried too many links that lead nowhere */
  admitClient(request: FastifyRequest): void;
}

/** In memory, for this replica: what must hold across replicas, attempts and verdicts, session counts. */
export function createAdmission(options: { requestsPerIpPerMinute: number }): Admission {
  const { requestsPerIpPerMinute: perMinute } = options;
  const clients = createRateLimit({ perMinute, burst: Math.ceil(perMinute / 4) });
  const unknown = createRateLimit({ perMinute: unknownPerMinute, burst: unknownPerMinute });
  const sessions: Record<keyof typeof perSession, RateLimit> = {
    visit: createRateLimit(perSession.visit),
    attempt: createRateLimit(perSession.attempt),
    challenge: createRateLimit(perSession.challenge),
    resume: createRateLimit(perSession.resume),
    consent: createRateLimit(perSession.consent),
  };

  const admitClient = (request: FastifyRequest): void => {
    const client = clientOf(request.ip);
    const now = performance.now();
    refuseAfter(unknown.wait(client, now));
    refuseAfter(clients.take(client, now));
  };

  return {
    admitClient,
    limit: (kind) => async (request) => {
      admitClient(request);
      const { token } = request.params as { token: string };
      refuseAfter(sessions[kind].take(tokenDigest(token).toString('base64'), performance.now()));
    },
    countUnknown(request) {
      unknown.take(clientOf(request.ip), performance.now());
    },
  };
}

function refuseAfter(seconds: number): void {
  if (seconds > 0) throw tooMany('rate_limit', seconds);
}
