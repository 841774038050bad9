import { finished } from 'node:stream';
import { setting } from '@selfsame/runtime/config';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { countRefusal } from './refusals.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What is lost when a request is refused: `new` begins something that has cost nothing yet and is refused first,
     * `finishing` ends what others have worked for and is refused last.
     */
    work?: 'new' | 'finishing';
  }
}

/** For a service's own settings, to be spread; `createHttpServer({ …, admission: config })` takes them. */
export const admissionSettings = {
  /** Requests that one process works on at once. */
  httpRequestsMax: setting.integer('HTTP_REQUESTS_MAX', { default: 256, min: 4, max: 100_000 }),
  /** How late the event loop may be, and stay. */
  httpLoopDelayMaxMs: setting.integer('HTTP_LOOP_DELAY_MAX_MS', { default: 1_000, min: 20, max: 60_000 }),
};

/** How much a process takes on. */
export interface AdmissionLimits {
  readonly httpRequestsMax: number;
  readonly httpLoopDelayMaxMs: number;
}

export interface Admission extends AdmissionLimits {
  /** Whether requests that begin something new are wanted now; they are unless given. Called for each of them. */
  readonly wantsNew?: () => boolean;
}

/** Of both limits: new work leaves room to what is under way, and what ends it may overdraw. */
const shares = { new: 0.5, finishing: 2 } as const;

/**
 * Of the limit for requests, how many bodies may be on their way: slow links are no work, but memory. Of one application, or
 * one address where nobody has shown a key, so few that no one of them keeps the others out.
 */
const arrivingShares = { all: 2, ofOneCaller: 0.25 } as const;

/** Those who are refused together do not come back together. */
const retryAfterMs = () => 1_000 + Math.floor(Math.random() * 2_000);

/**
 * Refuses at once, before keys are looked up and bodies are read, what the process could only let wait: 503 with Retry-After.
 * A request whose body is still arriving takes none of the places for work; it is looked at again when all of it is here.
 * Probes and `/metrics` are never refused.
 * @param readLoopDelayMs how late the event loop is now
 */
export function admitRequests(
  server: FastifyInstance,
  { httpRequestsMax, httpLoopDelayMaxMs, wantsNew = () => true }: Admission,
  readLoopDelayMs: () => number = watchLoop(server),
): void {
  const places = createPlaces();
  const mostOf = ({ routeOptions }: FastifyRequest) => shareOf(routeOptions.config.work) * httpRequestsMax;

  server.addHook('onRequest', (request, reply, done) => {
    const { probe, work } = request.routeOptions.config;
    if (probe) return done();
    const isLate = readLoopDelayMs() >= shareOf(work) * httpLoopDelayMaxMs;
    const hasRoom = places.atWork() < mostOf(request) && !isLate;
    if (!hasRoom || (work === 'new' && !wantsNew())) return done(overloaded());
    places.take(request, atWork);
    finished(reply.raw, () => places.leave(request));
    done();
  });

  server.addHook('preParsing', (request, _reply, _payload, done) => {
    if (places.of(request) === undefined || !isBodyAwaited(request)) return done();
    const most = mostOf(request);
    const caller = callerOf(request);
    const hasRoom =
      places.arriving() < arrivingShares.all * most &&
      places.arriving(caller) < Math.max(1, arrivingShares.ofOneCaller * most);
    if (!hasRoom) return done(overloaded());
    places.take(request, caller);
    done();
  });

  server.addHook('preValidation', (request, _reply, done) => {
    const place = places.of(request);
    if (place === undefined || place === atWork) return done();
    if (places.atWork() >= mostOf(request)) return done(overloaded());
    places.take(request, atWork);
    done();
  });
}

const shareOf = (work: 'new' | 'finishing' | undefined) => (work === undefined ? 1 : shares[work]);

function isBodyAwaited({ raw, headers }: FastifyRequest): boolean {
  const length = headers['content-length'] ?? '0';
  return !raw.complete && (length !== '0' || headers['transfer-encoding'] !== undefined);
}

/** Whose bodies count together. A key that nobody has accepted would let a caller be many. */
function callerOf(request: FastifyRequest): string {
  const { principal } = request as Partial<Pick<FastifyRequest, 'principal'>>;
  return principal ? `application ${principal.applicationId}` : `address ${request.ip}`;
}

const atWork = Symbol('at work');
/** Where a request is: at work, or the caller among whose bodies its own is still arriving. */
type Place = typeof atWork | string;

/** Counts requests by where they are; each is in one place until it leaves. */
function createPlaces() {
  const places = new WeakMap<FastifyRequest, Place>();
  const counts = new Map<Place, number>();
  let taken = 0;
  const count = (place: Place) => counts.get(place) ?? 0;

  function leave(request: FastifyRequest): void {
    const place = places.get(request);
    if (place === undefined) return;
    places.delete(request);
    taken -= 1;
    if (count(place) > 1) counts.set(place, count(place) - 1);
    else counts.delete(place);
  }

  return {
    of: (request: FastifyRequest) => places.get(request),
    atWork: () => count(atWork),
    /** Bodies on their way, of all callers or of one. */
    arriving: (caller?: string) => (caller === undefined ? taken - count(atWork) : count(caller)),
    take(request: FastifyRequest, place: Place): void {
      leave(request);
      places.set(request, place);
      taken += 1;
      counts.set(place, count(place) + 1);
    },
    leave,
  };
}

/** Come later. Counts the refusal; nothing is logged of it, since there will be many. */
export function overloaded(): Failure {
  countRefusal('overload');
  return new Failure('unavailable', overloadedCode, 'Too much at once; try again.', {
    retryAfterMs: retryAfterMs(),
  });
}

export const overloadedCode = 'overloaded';

const tickMs = 50;

/** How late a timer was at least, the last two times: what passes by itself is no overload. */
function watchLoop(server: FastifyInstance): () => number {
  let dueMs = performance.now() + tickMs;
  let delays: readonly [number, number] = [0, 0];
  const timer = setInterval(() => {
    const nowMs = performance.now();
    delays = [delays[1], nowMs - dueMs];
    dueMs = nowMs + tickMs;
  }, tickMs).unref();
  server.addHook('onClose', async () => clearInterval(timer));
  return () => Math.max(0, Math.min(...delays));
}
