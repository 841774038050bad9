import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  AssessmentPhase,
  AssessRequest,
  FraudSignalsServiceDefinition,
} from '@selfsame/contracts/fraud_signals/v1/service';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
import { connectGrpc } from '@selfsame/runtime/grpc';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learn } from '../src/knowledge.ts';
import { openRecords } from '../src/records.ts';
import { digest, factsOf, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
const replicas: ChildProcess[] = [];
afterAll(async () => {
  for (const child of replicas) child.kill('SIGKILL');
  await world.close();
});

const { OPENING, CAPTURE } = AssessmentPhase;

/** A person at the opening of a page, and at the look that follows. */
function newPerson() {
  const session = { applicationId: world.application.id, sessionId: randomUUID(), vendorData: randomUUID() };
  const attemptId = randomUUID();
  const observation = {
    ipAddress: '192.0.2.7',
    device: { keySha256: digest(session.vendorData) },
    facts: factsOf({ 'page.time_zone': 'Europe/Berlin' }),
  };
  const { sessionId, vendorData } = session;
  return {
    ...{ sessionId, vendorData, attemptId },
    opening: AssessRequest.fromPartial({ phase: OPENING, session, observation }),
    look: AssessRequest.fromPartial({ phase: CAPTURE, session, observation, attemptId }),
  };
}

type Person = ReturnType<typeof newPerson>;

/** While it runs no assessment can be written down, and everything be read. */
async function withoutWriting(run: (tx: Transaction) => Promise<void>): Promise<void> {
  await world.context.database.transaction(async (tx) => {
    await sql`LOCK TABLE assessments IN EXCLUSIVE MODE`.execute(tx);
    await run(tx);
  });
}

async function recordsOf({ sessionId }: Person): Promise<{ assessments: number; visits: number }> {
  const { rows } = await sql<{ assessments: number; visits: number }>`
    SELECT (SELECT count(*) FROM assessments WHERE session_id = ${sessionId}) AS assessments,
      (SELECT count(*) FROM visits WHERE session_id = ${sessionId}) AS visits`.execute(
    world.context.database.db,
  );
  return rows[0] ?? { assessments: -1, visits: -1 };
}

const nothing = { assessments: 0, visits: 0 };

/** Whether a later session of the person finds the device known. */
async function isKnown({ opening, vendorData }: Person): Promise<boolean | undefined> {
  const { observation } = opening;
  return (await world.assess({ session: { vendorData }, ...(observation && { observation }) })).device
    ?.isKnown;
}

/** Another replica, in a process of its own. */
async function startReplica() {
  const { config } = world.context;
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: {
      ...{ PATH: process.env.PATH, HTTP_PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'info' },
      ...{ DATABASE_URL: config.databaseUrl, NATS_URL: config.natsUrl },
      ...{ SESSION_GRPC: config.sessionGrpc, BIOMETRICS_GRPC: config.biometricsGrpc },
      SIGNALS_KEY: config.signalsKey?.toString('base64'),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  replicas.push(child);
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const said = (message: string) =>
    waitFor(message, () => output.split('\n').find((line) => line.includes(`"msg":"${message}"`)), {
      timeoutMs: 30_000,
    });
  const port: number = JSON.parse(await said('ready')).grpc_port;
  const { client, close } = connectGrpc(FraudSignalsServiceDefinition, `127.0.0.1:${port}`, {
    deadlineMs: 10_000,
  });
  return {
    client,
    said,
    /** @returns its exit code; null: none, it was killed */
    async end(signal: 'SIGKILL' | 'SIGTERM', meanwhile: () => Promise<void> = async () => {}) {
      close();
      child.kill(signal);
      await meanwhile();
      return (await exited)[0] as number | null;
    },
  };
}

describe('an assessment', () => {
  it('is answered before it is written down; the next one of its session waits for that', async () => {
    const person = newPerson();
    const looked = Promise.withResolvers<string[]>();
    await withoutWriting(async () => {
      const { assessment } = await world.rpc.assess(person.opening);
      expect(assessment?.failures).toEqual([]);
      expect(await recordsOf(person)).toEqual(nothing);
      const look = world.rpc.assess(person.look);
      look.then(({ assessment: found }) => looked.resolve(found?.failures ?? ['none']), looked.reject);
      const other = newPerson();
      expect((await world.rpc.assess(other.opening)).assessment?.failures, 'nobody else waits').toEqual([]);
    });
    expect(await looked.promise, 'the opening is on record').toEqual([]);
    await world.context.records.written();
    expect(await recordsOf(person)).toEqual({ assessments: 2, visits: 1 });
  });

  it('teaches when its verdict comes before it is written down', async () => {
    const person = newPerson();
    await world.assess(person.opening);
    await withoutWriting(async () => {
      await world.rpc.assess(person.look);
      const { sessionId, vendorData, attemptId } = person;
      await world.tell({ sessionId, vendorData, attemptId });
    });
    await world.settled();
    expect(await isKnown(person)).toBe(true);
  });

  it('that another replica has not written down yet lets its verdict come again, for some seconds', async () => {
    const { sessionId, vendorData, attemptId, ...person } = newPerson();
    const hear = (occurredAt: Date) => {
      const applicationId = world.application.id;
      const message = SessionStatusChanged.fromPartial({
        ...{ applicationId, sessionId, vendorData, attemptId, occurredAt },
        ...{ status: 'Approved', sequence: 3n, workflowId: randomUUID() },
      });
      return world.context.database.transaction((tx) => learn(world.context, tx, message));
    };
    await expect(hear(new Date())).rejects.toMatchObject({ code: 'look_not_on_record', retryable: true });
    expect(await recordsOf({ sessionId, vendorData, attemptId, ...person })).toEqual(nothing);
    await world.assess(person.look);
    await hear(new Date());
    expect(await isKnown({ sessionId, vendorData, attemptId, ...person })).toBe(true);
  });

  it('is lost with a process that is killed: it is not invented, and the device stays unknown', async () => {
    const person = newPerson();
    const replica = await startReplica();
    await withoutWriting(async (tx) => {
      expect((await replica.client.assess(person.opening)).assessment?.failures).toEqual([]);
      // What it has told already waits there for the lock, and goes with its connection.
      await sql`SET LOCAL ROLE NONE`.execute(tx);
      const waiting = sql`FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      await waitFor('its writing to begin', async () => {
        const { rows } = await sql`SELECT pid ${waiting}`.execute(tx);
        return rows.length > 0;
      });
      expect(await replica.end('SIGKILL')).toBeNull();
      await waitFor('its connections to be gone', async () => {
        const { rows } = await sql`SELECT pg_terminate_backend(pid) ${waiting}`.execute(tx);
        return rows.length === 0;
      });
    });
    expect(await recordsOf(person)).toEqual(nothing);
    const looked = await world.assess(person.look);
    expect(looked.failures, 'compared with no opening').toContain('history');
    const { sessionId, vendorData } = person;
    const occurredAt = new Date(Date.now() - 60_000);
    await world.tell({ sessionId, vendorData, attemptId: randomUUID(), occurredAt });
    await world.settled();
    expect(await isKnown(person)).toBe(false);
  });

  it('is written down before a process that is told to stop ends', async () => {
    // More than are written at once.
    const people = Array.from({ length: 10 }, newPerson);
    const replica = await startReplica();
    const stopping = Promise.withResolvers<number | null>();
    await withoutWriting(async () => {
      for (const { opening } of people) await replica.client.assess(opening);
      const heard = Promise.withResolvers<void>();
      replica
        .end('SIGTERM', async () => {
          await replica.said('stopping');
          heard.resolve();
        })
        .then(stopping.resolve, stopping.reject);
      await heard.promise;
    });
    expect(await stopping.promise).toBe(0);
    for (const person of people) expect(await recordsOf(person)).toEqual({ assessments: 1, visits: 1 });
  });
});

describe('records', () => {
  it('are taken on up to a bound, in the order of their session; without room one waits, and then not', async () => {
    const records = openRecords(world.context.log, 2);
    const written: string[] = [];
    const held = Promise.withResolvers<void>();
    await records.add(
      'a',
      async () => {
        await held.promise;
        written.push('a1');
      },
      0,
    );
    await records.add('a', async () => void written.push('a2'), 0);
    await expect(records.add('b', async () => {}, 0)).rejects.toMatchObject({ code: 'records_full' });
    const third = records.add('b', async () => void written.push('b'), 60_000);
    held.resolve();
    await third;
    await records.written();
    expect(written).toEqual(['a1', 'a2', 'b']);
  });
});
