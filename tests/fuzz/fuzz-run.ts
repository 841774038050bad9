import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { randomOf } from '../chaos/random.ts';
import { type RunningSystem, runSystem } from '../harness/running-system.ts';
import { loadSamples, type Mutant, mutate, oddities } from './image-mutants.ts';
import { mutateBody, type RawBody, wellFormed } from './multipart-mutants.ts';

/** One request of the run. */
export interface Answered {
  readonly kind: string;
  /** HTTP status; 0 when the connection broke. */
  readonly status: number;
  readonly ms: number;
  /** Beginning of an answer that should not have been; empty otherwise. */
  readonly wrong: string;
}

export interface FuzzResult {
  readonly answered: readonly Answered[];
  /** Resident memory in MB of each service at the start, and the most it took. */
  readonly memory: readonly { readonly service: string; readonly startMb: number; readonly mostMb: number }[];
  /** Processes that ended unasked. */
  readonly died: readonly string[];
}

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}

/** Two thirds pictures in well-formed bodies, one third bodies that are wrong themselves. */
const BODY_SHARE = 1 / 3;
const AT_ONCE = 4;
/** Writes that one API key may send in a minute. */
const WRITES_PER_KEY = 250;
const WATCHED = ['session', 'biometrics'] as const;

/** Sends mutated pictures and bodies to the standalone calls of a running system, and watches it. */
export async function runFuzz({ cases, seed, report }: FuzzOptions): Promise<FuzzResult> {
  const died: string[] = [];
  const system = await runSystem(
    {},
    {
      report: (line) => {
        if (/ended|exited|died/i.test(line)) died.push(line);
      },
    },
  );
  try {
    const keys = await mintKeys(system, Math.ceil((cases + 20) / WRITES_PER_KEY));
    const samples = await loadSamples();
    const random = randomOf(seed, 'fuzz');
    const bodies = function* (): Generator<RawBody> {
      for (const odd of oddities()) yield pictureBody(odd);
      for (let made = 0; made < cases; made += 1) {
        const wrongBody = random.next() < BODY_SHARE;
        const mutant = mutate(samples, random);
        yield wrongBody ? mutateBody(mutant.bytes, random) : pictureBody(mutant);
      }
    };
    // Whatever loads on first use is loaded before memory is compared.
    for (const { bytes } of samples)
      await send(system, keys[0] ?? '', pictureBody({ kind: 'warm', bytes: new Uint8Array(bytes) }));
    const watch = watchMemory(system);
    const answered: Answered[] = [];
    const waiting = bodies();
    const work = async () => {
      for (const body of waiting) {
        const key = keys[Math.floor(answered.length / WRITES_PER_KEY)] ?? keys.at(-1) ?? '';
        answered.push(await send(system, key, body));
        if (answered.length % 1_000 === 0) report(`${answered.length} of ${cases}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const last = await send(
      system,
      keys.at(-1) ?? '',
      pictureBody({ kind: 'still at work', bytes: new Uint8Array(samples[0]?.bytes ?? []) }),
    );
    return { answered: [...answered, last], memory: watch.stop(), died };
  } finally {
    await system.stop();
  }
}

function pictureBody({ kind, bytes }: Mutant): RawBody {
  return wellFormed(kind, bytes, { save_api_request: 'false' });
}

/** On a machine that has much else to do a service says so and when to come back; whoever keeps being told so is not served. */
const BUSY_TRIES = 3;
const BUSY_PAUSE_MS = 1_000;

async function send(system: RunningSystem, apiKey: string, body: RawBody): Promise<Answered> {
  for (let tries = 1; ; tries += 1) {
    const answered = await sendOnce(system, apiKey, body);
    if (answered.status !== 503 || tries === BUSY_TRIES) return answered;
    await pause(BUSY_PAUSE_MS);
  }
}

async function sendOnce(
  system: RunningSystem,
  apiKey: string,
  { kind, contentType, body }: RawBody,
): Promise<Answered> {
  const start = performance.now();
  try {
    const answer = await fetch(new URL('/v3/passive-liveness/', system.baseUrl), {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': contentType },
      body,
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    return {
      kind,
      status: answer.status,
      ms: performance.now() - start,
      wrong: wrongness(answer.status, text),
    };
  } catch (error) {
    const cause = error instanceof Error ? String(error.cause ?? error.message) : 'unknown';
    return { kind, status: 0, ms: performance.now() - start, wrong: cause.slice(0, 200) };
  }
}

/** A refusal is a 4xx with JSON that says something; a look is a 200 with a verdict. */
function wrongness(status: number, text: string): string {
  const shown = `${status} ${text.slice(0, 160)}`;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || Object.keys(body).length === 0) return shown;
    if (status === 200) return 'liveness' in body ? '' : shown;
  } catch {
    return shown;
  }
  return status >= 400 && status < 500 && status !== 429 ? '' : shown;
}

/** Keys of the local application: each has a budget of its own. */
async function mintKeys(system: RunningSystem, count: number): Promise<string[]> {
  const [application] = await system.query('SELECT id FROM session.applications ORDER BY created_at LIMIT 1');
  const keys: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const key = randomBytes(24).toString('base64url');
    await system.query('INSERT INTO session.api_keys (id, application_id, key_sha256) VALUES ($1, $2, $3)', [
      randomUUID(),
      application?.id,
      createHash('sha256').update(key).digest(),
    ]);
    keys.push(key);
  }
  return keys;
}

function watchMemory(system: RunningSystem): { stop(): FuzzResult['memory'] } {
  const residentMb = (name: string): number => {
    const pid = system.processes().find((process) => process.name === name)?.pid;
    const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  };
  const start = WATCHED.map(residentMb);
  const most = [...start];
  const look = () => {
    for (const [index, name] of WATCHED.entries()) most[index] = Math.max(most[index] ?? 0, residentMb(name));
  };
  const timer = setInterval(look, 250);
  return {
    stop() {
      clearInterval(timer);
      look();
      return WATCHED.map((service, index) => ({
        service,
        startMb: Math.round(start[index] ?? 0),
        mostMb: Math.round(most[index] ?? 0),
      }));
    },
  };
}
