import { percentile } from '../percentiles.ts';
import type { Caller } from '../whole-system/caller.ts';
import type { Person, Tenant } from '../whole-system/people.ts';

/** A question that applications ask, and how long its answers took. */
export interface Asked {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const timeoutMs = 15_000;
const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);

/** Asks each question so often, one after the other and the questions in turn, so that a slow moment hits all alike. */
export async function askAll(
  caller: Caller,
  asked: { tenant: Tenant; people: readonly Person[]; sessionId: string; deepOffset: number },
  rounds: number,
  signal: AbortSignal,
): Promise<Asked[]> {
  const { tenant, people, sessionId, deepOffset } = asked;
  // Pages of five: what is compared is the size of the table, not of the page.
  const lists: Record<string, string> = {
    'list: newest': 'limit=5',
    'list: far down': `limit=5&offset=${deepOffset}`,
    'list: a person': 'vendor_data=person-17',
    'list: a status (In Review)': 'status=In%20Review&limit=5',
    'list: a status (Approved)': 'status=Approved&limit=5',
    'list: a day': `date_from=${day(30)}&date_to=${day(30)}&limit=5`,
    'list: a warning': 'warning=LIVENESS_FACE_ATTACK&limit=5',
    'list: search a number': 'search=4711&limit=5',
    'list: search an address': 'search=someone471&limit=5',
    'list: search a name': 'search=name47&limit=5',
  };
  const get = (path: string) => async () => {
    const { status } = await caller.call({ method: 'GET', path, headers: headersOf(tenant), timeoutMs });
    if (status !== 200) throw new Error(`${path} was answered ${status}`);
  };
  let turn = 0;
  const create = async () => {
    const person = people[turn++ % people.length] as Person;
    const body = Buffer.from(
      JSON.stringify({
        workflow_id: person.tenant.signIn,
        vendor_data: person.vendorData,
        metadata: { turn },
      }),
    );
    const { status, body: answer } = await caller.call({
      ...{ method: 'POST', path: '/v3/session/', body, timeoutMs },
      headers: headersOf(person.tenant),
    });
    if (status !== 201) throw new Error(`not created: ${status} ${JSON.stringify(answer)}`);
  };
  const questions: [string, () => Promise<void>][] = [
    ['create', create],
    ['decision', get(`/v3/session/${sessionId}/decision/`)],
    ...Object.entries(lists).map(
      ([name, query]) => [name, get(`/v3/sessions/?${query}`)] as [string, () => Promise<void>],
    ),
  ];
  const latencies = new Map<string, number[]>(questions.map(([name]) => [name, []]));
  for (let round = 0; round < rounds + warmUpRounds; round += 1) {
    for (const [name, ask] of questions) {
      signal.throwIfAborted();
      const startMs = performance.now();
      await ask();
      if (round >= warmUpRounds) latencies.get(name)?.push(performance.now() - startMs);
    }
  }
  return [...latencies].map(([name, sample]) => ({
    name,
    p50Ms: percentile(sample, 50),
    p99Ms: percentile(sample, 99),
  }));
}

const warmUpRounds = 10;

function headersOf(tenant: Tenant): Record<string, string> {
  return { 'x-api-key': tenant.nextKey(), 'content-type': 'application/json' };
}
