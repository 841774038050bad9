import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { bundleOf } from '../../harness/hosted-client.ts';
import type { Answer, Call, Caller } from './caller.ts';
import type { Person, Tenant } from './people.ts';

/** What callers do, in the order of a visit; lists are looked at beside. */
export const operations = ['create', 'open', 'selfie', 'decision', 'list'] as const;
export type Operation = (typeof operations)[number];

/** ok: answered as wished; refused: told to come later; failed: anything else, silence too. */
export type Outcome = 'ok' | 'refused' | 'failed';

/** One operation as its caller lived through it. */
export interface Measured {
  readonly operation: Operation;
  readonly outcome: Outcome;
  /** From when it should have begun to its answer: what had to wait for an earlier answer has waited. */
  readonly latencyMs: number;
}

/** Somebody's visit; the verdict on it comes by webhook. */
export interface Visited {
  readonly sessionId: string | undefined;
  /** When the picture should have gone out, on the clock of `performance.now()`. */
  readonly selfieDueMs: number;
}

/** When the steps of a visit are due after its beginning: pages open, people look up. Fixed before anything is answered. */
const due = { create: 0, open: 300, selfie: 1_000, decision: 2_000 } as const;

/** As pages do: who is told to come later comes then, so often, and no longer than this. */
const repeatsMax = 3;
const patienceMs = 8_000;
const timeoutMs = 10_000;

/** One visit: create, open, challenge and picture, decision. Whatever fails ends it. */
export async function visit(
  caller: Caller,
  person: Person,
  startMs: number,
  note: (measured: Measured) => void,
): Promise<Visited> {
  const selfieDueMs = startMs + due.selfie;
  const { tenant, address } = person;
  const step = async (operation: keyof typeof due, run: () => Promise<Answer>) => {
    const dueMs = startMs + due[operation];
    await pause(Math.max(0, dueMs - performance.now()));
    const answer = await run();
    note({ operation, outcome: outcomeOf(answer), latencyMs: performance.now() - dueMs });
    return answer;
  };

  const body = jsonBody({ workflow_id: tenant.signIn, vendor_data: person.vendorData });
  const created = await step('create', () =>
    caller.call({ ...asTenant(tenant, 'POST', '/v3/session/'), body }),
  );
  if (!isGood(created)) return { sessionId: undefined, selfieDueMs };
  const sessionId = String(created.body.session_id);
  const page = new URL(String(created.body.session_url)).pathname.replace(/^\/[a-z-]+(?=\/session\/)/i, '');
  const from = address === undefined ? {} : { from: address };
  const asPage = (path: string, call: Pick<Call, 'body' | 'headers'>): Call => {
    return { method: 'POST', path: `${page}/${path}`, timeoutMs, ...from, ...call };
  };

  const opened = await step('open', () => patiently(caller, asPage('open', jsonCall({}))));
  if (!isGood(opened)) return { sessionId, selfieDueMs };
  const attempt = `attempts/${randomUUID()}`;
  const challenge = await patiently(caller, asPage(`${attempt}/challenge`, jsonCall({})));
  const nonce = typeof challenge.body.nonce === 'string' ? challenge.body.nonce : '';
  const headers = { 'content-type': 'application/vnd.selfsame.capture' };
  const bundle = bundleOf(person.frame, nonce);
  const seen = await step('selfie', () => patiently(caller, asPage(attempt, { headers, body: bundle })));
  if (!isGood(seen)) return { sessionId, selfieDueMs };

  const path = `/v3/session/${sessionId}/decision/`;
  await step('decision', () => caller.call(asTenant(tenant, 'GET', path)));
  return { sessionId, selfieDueMs };
}

/** The newest sessions of an application. */
export async function list(
  caller: Caller,
  tenant: Tenant,
  dueMs: number,
  note: (measured: Measured) => void,
): Promise<void> {
  const answer = await caller.call(asTenant(tenant, 'GET', '/v3/sessions/?limit=20'));
  note({ operation: 'list', outcome: outcomeOf(answer), latencyMs: performance.now() - dueMs });
}

async function patiently(caller: Caller, call: Call): Promise<Answer> {
  const startMs = performance.now();
  for (let repeats = 0; ; repeats += 1) {
    const answer = await caller.call(call);
    const waitMs = answer.retryAfterMs ?? 1_000;
    const isOver = performance.now() - startMs + waitMs > patienceMs;
    if (!isRefusal(answer) || repeats === repeatsMax || isOver) return answer;
    await pause(waitMs);
  }
}

function asTenant(tenant: Tenant, method: Call['method'], path: string): Call {
  const headers = { 'x-api-key': tenant.nextKey(), 'content-type': 'application/json' };
  return { method, path, headers, timeoutMs };
}

const jsonBody = (value: unknown) => Buffer.from(JSON.stringify(value));
const jsonCall = (value: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: jsonBody(value),
});

const isGood = ({ status }: Answer) => status >= 200 && status < 300;
const isRefusal = ({ status }: Answer) => status === 429 || status === 503;

function outcomeOf(answer: Answer): Outcome {
  if (isGood(answer)) return 'ok';
  return isRefusal(answer) ? 'refused' : 'failed';
}
