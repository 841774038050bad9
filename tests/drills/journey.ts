import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { bundleOf } from '../harness/hosted-client.ts';
import { type Answer, type Ask, ask, type What } from './asks.ts';

/** An application's door to the system. */
export interface Door {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** One user on their way: from the application's request to the list that shows how it ended. */
export interface Journey {
  /** Shows somebody else's face than the portrait's. */
  readonly isStranger: boolean;
  sessionId: string | undefined;
  sessionUrl: string | undefined;
  /** What the user or the application was told is done, in order. */
  readonly told: string[];
  readonly asks: Ask[];
  /** `performance.now()`. */
  readonly beganAtMs: number;
  /** When it came to its end. */
  endedAtMs: number | undefined;
  /** What they were in the middle of when they gave up. */
  gaveUpAt: What | undefined;
}

/** What a user brings. */
export interface Visitor {
  readonly portrait: Buffer;
  readonly face: Buffer;
  readonly isStranger: boolean;
  /** How their picture is sent, over a slow link perhaps. */
  readonly send?: typeof fetch;
}

/** A person who is told to come again does so, for as long as any fault lasts and longer. */
const patienceMs = 120_000;
const verdicts = new Set(['Approved', 'Declined', 'In Review']);

class GivenUp extends Error {}

/** Begins a journey that goes on by itself; `done` never rejects. */
export function travel(
  door: Door,
  visitor: Visitor,
  patience = patienceMs,
): { journey: Journey; done: Promise<void> } {
  const journey: Journey = {
    isStranger: visitor.isStranger,
    sessionId: undefined,
    sessionUrl: undefined,
    told: [],
    asks: [],
    beganAtMs: performance.now(),
    endedAtMs: undefined,
    gaveUpAt: undefined,
  };
  const go = async () => {
    const created = await createSession(door, visitor, journey, patience);
    await visit(created.session_url, visitor, journey, patience);
    await readBack(door, journey, patience);
    journey.endedAtMs = performance.now();
  };
  const done = go().catch((error) => {
    if (!(error instanceof GivenUp)) throw error;
    journey.gaveUpAt = error.message as What;
  });
  return { journey, done };
}

/** Looks at what a finished session shows, and at every service that shows something, once each, whatever comes of it. */
export async function lookAround(door: Door, { sessionId, sessionUrl = '' }: Journey): Promise<Ask[]> {
  const page = new URL(sessionUrl);
  const headers = { 'x-api-key': door.apiKey };
  const all = await Promise.all([
    ask('page', page, { headers: { accept: 'text/html' } }),
    ask('state', `${page.href.replace(/\/$/, '')}/state`),
    ask('decision', new URL(`/v3/session/${sessionId}/decision/`, door.baseUrl), { headers }),
    ask('list', new URL('/v3/sessions/?limit=20', door.baseUrl), { headers }),
    ask('destinations', new URL('/v3/webhook/destinations/', door.baseUrl), { headers }),
    ask('lists', new URL('/v3/lists/', door.baseUrl), { headers }),
    ask('shares', new URL('/v3/shares/', door.baseUrl), { headers }),
    ask('templates', new URL('/v3/biometric-templates/', door.baseUrl), { headers }),
  ]);
  return all.map((one) => one.ask);
}

async function createSession(door: Door, { portrait }: Visitor, journey: Journey, patience: number) {
  const body = JSON.stringify({
    workflow_id: 'wf_reauth',
    vendor_data: `drill-${randomUUID()}`,
    portrait_image: portrait.toString('base64'),
  });
  const headers = {
    'x-api-key': door.apiKey,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  };
  const answer = await insist(journey, 'create', patience, () => [
    new URL('/v3/session/', door.baseUrl),
    { method: 'POST', headers, body },
  ]);
  journey.sessionId = answer.json.session_id;
  journey.sessionUrl = answer.json.session_url;
  journey.told.push(answer.json.status);
  return answer.json as { session_url: string };
}

/** What the hosted page does. */
async function visit(
  sessionUrl: string,
  { face, send = fetch }: Visitor,
  journey: Journey,
  patience: number,
) {
  const page = new URL(sessionUrl);
  const token = page.pathname.split('/').filter(Boolean).at(-1);
  const at = (path: string) => new URL(`/session/${token}/${path}`, page);
  await insist(journey, 'page', patience, () => [page, { headers: { accept: 'text/html' } }]);
  const opened = await insist(journey, 'open', patience, () => [at('open'), { method: 'POST' }]);
  journey.told.push(opened.json.status);
  const deadline = performance.now() + patience;
  for (let attemptId: string = randomUUID(); ; ) {
    if (performance.now() > deadline) throw new GivenUp('selfie');
    const challenge = await insist(journey, 'challenge', patience, () => [
      at(`attempts/${attemptId}/challenge`),
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    ]);
    const { json } = await insist(journey, 'selfie', patience, () => [
      at(`attempts/${attemptId}`),
      {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.selfsame.capture' },
        body: bundleOf(face, challenge.json.nonce),
      },
      send,
    ]);
    if (json.result === 'verdict') return void journey.told.push(json.status);
    if (json.result === 'pending')
      return void journey.told.push(await verdictOf(at('state'), journey, deadline));
    if (json.result === 'locked') throw new GivenUp('selfie');
    attemptId = randomUUID();
  }
}

/** The frame is safe; its verdict comes. */
async function verdictOf(url: URL, journey: Journey, deadline: number): Promise<string> {
  for (;;) {
    const left = deadline - performance.now();
    const { json } = await insist(journey, 'state', left, () => [url, {}]);
    if (verdicts.has(json.status)) return json.status;
    if (left < 0) throw new GivenUp('state');
    await pause(500);
  }
}

async function readBack(door: Door, journey: Journey, patience: number): Promise<void> {
  const headers = { 'x-api-key': door.apiKey };
  const decision = await insist(journey, 'decision', patience, () => [
    new URL(`/v3/session/${journey.sessionId}/decision/`, door.baseUrl),
    { headers },
  ]);
  note(journey, 'decision', decision.json.status === journey.told.at(-1), 'says otherwise than the page');
  const list = await insist(journey, 'list', patience, () => [
    new URL('/v3/sessions/?limit=20', door.baseUrl),
    { headers },
  ]);
  note(journey, 'list', Array.isArray(list.json.results), 'is no list');
}

function note(journey: Journey, what: What, isRight: boolean, words: string): void {
  if (isRight) return;
  journey.asks.push({
    what,
    outcome: 'wrong',
    words: `${what} ${words}`,
    atMs: performance.now(),
    tookMs: 0,
  });
}

/** Asks until it is answered; whoever is refused waits for as long as they are told, and whoever hears nothing for a second. */
async function insist(
  journey: Journey,
  what: What,
  patience: number,
  request: () => [url: URL, init: RequestInit, send?: typeof fetch],
): Promise<Answer> {
  const deadline = performance.now() + patience;
  for (;;) {
    const asked = await ask(what, ...request());
    journey.asks.push(asked.ask);
    if (asked.answer !== undefined && asked.ask.outcome === 'ok') return asked.answer;
    if (performance.now() > deadline) throw new GivenUp(what);
    await pause(Math.min(5, Number(asked.answer?.headers.get('retry-after') ?? 1)) * 1000);
  }
}
