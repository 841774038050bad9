import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiAnswer, ApiClient } from '../harness/api-client.ts';
import { type HostedClient, hostedClient } from '../harness/hosted-client.ts';
import { randomOf } from './random.ts';
import { type Step, sessionScript } from './session-script.ts';
import type { Temper } from './tempers.ts';

/** An application that makes sessions. Its statuses are strict: leaving is Abandoned, which may be decided by hand. */
export interface Tenant {
  readonly workflowId: string;
  /** One client for each of its API keys: each has a budget of its own. */
  readonly clients: readonly ApiClient[];
}

export interface LoadOptions {
  readonly seed: number;
  /** How many events to make. */
  readonly events: number;
  readonly demo: Tenant;
  readonly partner: Tenant;
  /** Pictures of faces for the few sessions that end in a selfie. */
  readonly photos: readonly Buffer[];
  /** Resolves when the system may be given more. */
  readonly mayContinue: () => Promise<void>;
}

/** Callers that make events until there are enough. */
export interface Load {
  /** Changes that the API has said are done, in the order of each session. */
  readonly acknowledged: { sessionId: string; status: string }[];
  /** How many of them are whose. */
  readonly made: Readonly<Record<Temper['owner'], number>>;
  /** Answers that no caller would expect, and what they were. */
  readonly surprises: string[];
  /** Rejects when nothing can be made any more. */
  readonly done: Promise<void>;
  stop(): void;
}

const callers = 12;
const partnerShare = 0.04;
/** A caller gives up on a step after this long; the session stays as it is. */
const patienceMs = 90_000;
/** Longer than any fault, and than callers may have to wait for one that was killed. */
const standstillMs = 180_000;

/** Begins at once. */
export function startLoad(options: LoadOptions): Load {
  const acknowledged: Load['acknowledged'] = [];
  const made = { demo: 0, partner: 0 };
  const surprises: string[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  let sessions = 0;

  const call = async (): Promise<void> => {
    while (!signal.aborted) {
      sessions += 1;
      await liveSession(sessions).catch((error: Error) => {
        if (!signal.aborted) surprises.push(error.message);
      });
    }
  };

  function acknowledge(tenant: Tenant, sessionId: string, status: string): void {
    acknowledged.push({ sessionId, status });
    made[tenant === options.demo ? 'demo' : 'partner'] += 1;
    // Callers who wait for something that was killed are not waited for.
    if (acknowledged.length >= options.events) stopping.abort();
  }

  async function liveSession(number: number): Promise<void> {
    const random = randomOf(options.seed, 'session', number);
    const tenant = random.next() < partnerShare ? options.partner : options.demo;
    const steps = sessionScript(random);
    const created = await createSession(tenant, number);
    const client = hostedClient(created.session_url);
    const photo = random.pick(options.photos);
    let status = 'Not Started';
    for (const step of steps) {
      if (signal.aborted) return;
      // A face may have become anything.
      if (step.kind === 'decide' && step.status === status) continue;
      await options.mayContinue();
      status = await takeStep(step, tenant, created.session_id, client, photo);
      acknowledge(tenant, created.session_id, status);
    }
  }

  async function createSession(tenant: Tenant, number: number) {
    const key = randomUUID();
    const body = {
      workflow_id: tenant.workflowId,
      ...(number % 3 === 0 ? { vendor_data: `person-${options.seed}-${number}` } : {}),
      ...(number % 5 === 0 ? { metadata: { order: number, note: 'Größe ✓', tags: ['a', 1.5] } } : {}),
    };
    const answer = await persist('create', () =>
      // With another key of the application an Idempotency-Key would be another request.
      clientOf(tenant, number).post('/v3/session/', body, { 'idempotency-key': key }),
    );
    if (answer.status !== 201) throw new Error(`create: ${answer.status} ${JSON.stringify(answer.body)}`);
    acknowledge(tenant, answer.body.session_id, answer.body.status);
    return answer.body as { session_id: string; session_url: string };
  }

  /** @returns the status that the session has now entered */
  async function takeStep(
    step: Step,
    tenant: Tenant,
    sessionId: string,
    client: HostedClient,
    photo: Buffer,
  ): Promise<string> {
    switch (step.kind) {
      case 'open': {
        const view = await insist('open', () => client.open());
        if (view.status !== 'In Progress') throw new Error(`open: the session is ${view.status}`);
        return 'In Progress';
      }
      case 'leave':
        await insist('leave', () => client.leave());
        return 'Abandoned';
      case 'selfie':
        return await showFace(client, photo);
      case 'decide':
        return await decide(tenant, sessionId, step.status);
      default:
        return step satisfies never;
    }
  }

  /** What the page does: the same attempt again until the session has a verdict. */
  async function showFace(client: HostedClient, photo: Buffer): Promise<string> {
    const attemptId = randomUUID();
    return await insist('selfie', async () => {
      const answer = await client.attempt(photo, attemptId, { timeoutMs: 8_000 });
      if (answer.result === 'verdict' && answer.status !== undefined) return answer.status;
      const { status } = await client.state();
      if (status === 'Approved' || status === 'Declined' || status === 'In Review') return status;
      throw new Error(`no verdict yet: ${answer.httpStatus}`);
    });
  }

  async function decide(tenant: Tenant, sessionId: string, status: string): Promise<string> {
    let turn = Math.floor(Math.random() * tenant.clients.length);
    const answer = await persist('decide', () => {
      turn += 1;
      return clientOf(tenant, turn).patch(`/v3/session/${sessionId}/update-status/`, { new_status: status });
    });
    // Our own earlier try, whose answer got lost.
    const isSame = answer.status === 400 && JSON.stringify(answer.body).includes('already in status');
    if (answer.status === 200 || isSame) return status;
    throw new Error(`decide ${status}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** Repeats a call of the API while the answer is none, or "later". */
  function persist(what: string, ask: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    return insist(what, async () => {
      const answer = await ask();
      const isLater = answer.status >= 500 || answer.status === 429 || answer.status === 409;
      if (!isLater) return answer;
      const waitMs = Math.min(Number(answer.headers.get('retry-after') ?? 0) * 1000, 2_000);
      await pause(waitMs, undefined, { signal });
      throw new Error(`${what}: ${answer.status}`);
    });
  }

  async function insist<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (cause) {
        if (signal.aborted || performance.now() > deadline) throw new Error(`${what}: given up`, { cause });
        await pause(Math.min(100 * tries, 1_000), undefined, { signal });
      }
    }
  }

  async function demandProgress(): Promise<void> {
    while (!signal.aborted) {
      const before = acknowledged.length;
      await pause(standstillMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || acknowledged.length > before) continue;
      throw new Error(`no event was made for ${standstillMs / 1000} s`);
    }
  }

  const done = Promise.all([...Array.from({ length: callers }, call), demandProgress()]).then(
    () => undefined,
  );
  return { acknowledged, made, surprises, done, stop: () => stopping.abort() };
}

function clientOf({ clients }: Tenant, turn: number): ApiClient {
  const client = clients[turn % clients.length];
  if (client === undefined) throw new Error('a tenant has at least one key');
  return client;
}
