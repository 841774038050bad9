import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { openBus } from '@selfsame/bus/bus';
import { busMigrations } from '@selfsame/bus/migrations';
import { erasureConfirmed, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import {
  ErasureConfirmed,
  SessionStatusChanged,
  type SubjectErased,
} from '@selfsame/contracts/session/v1/events';
import { openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { compactVerify, createLocalJWKSet } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmingServices } from '../src/domain/erasure.ts';
import { secretDigest } from '../src/domain/secrets.ts';
import { continueErasures, requestErasure } from '../src/erasures.ts';
import type { World } from './harness.ts';
import { openWorld, portrait } from './harness.ts';

let world: World;
/** The other services, as one. */
let others: Awaited<ReturnType<typeof openBus>>;
const told: SubjectErased[] = [];
beforeAll(async () => {
  world = await openWorld();
  others = await openBus({ service: 'others', url: world.natsUrl, log: world.context.log });
  await others.listen(subjectErased, ({ message }) => void told.push(message));
});
afterAll(async () => {
  await others?.close();
  await world?.close();
});

const neighbours = confirmingServices.filter((service) => service !== 'session');

async function create(vendorData: string | undefined) {
  return world.demo.create({
    workflow_id: 'wf_reauth',
    portrait_image: portrait,
    ...(vendorData === undefined ? {} : { vendor_data: vendorData, metadata: { of: vendorData } }),
  });
}

const erase = (vendorData: string) =>
  world.demo.call('DELETE', `/v3/users/${encodeURIComponent(vendorData)}/`);
const read = async (id: string) => (await world.demo.call('GET', `/v3/erasures/${id}/`)).body;
const heard = (id: string) =>
  waitFor('the others are told', () => told.find(({ erasureId }) => erasureId === id));

async function confirm(id: string, services: readonly string[] = neighbours, count = 1n): Promise<void> {
  for (const service of services) {
    const message = ErasureConfirmed.fromPartial({
      erasureId: id,
      applicationId: world.demo.applicationId,
      service,
      removed: [{ kind: 'things', count }],
      kept: [{ kind: 'bans', count: 2n, reason: 'For cause.' }],
      occurredAt: new Date(),
    });
    await others.publish(erasureConfirmed, randomUUID(), message);
  }
}
const erased = (id: string) =>
  waitFor('there is a certificate', async () => {
    const body = await read(id);
    return body.status === 'erased' && body;
  });

/** Every row of every table, with bytes as hex, but for what is lawful. */
async function dump(): Promise<string> {
  const { db } = world.database;
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'session'`.execute(db);
  const texts = await Promise.all(
    rows.map(async ({ name }) => {
      const table = await sql<{ text: string }>`SELECT t::text AS text FROM ${sql.table(name)} AS t`.execute(
        db,
      );
      return table.rows.map((row) => row.text).join('\n');
    }),
  );
  return texts.join('\n');
}
const hex = (text: string) => Buffer.from(text).toString('hex');

describe('erasing a person', () => {
  it('takes every session of theirs, tells the others, and ends with a certificate that anybody can verify', async () => {
    const name = `ann-${randomUUID()}@example.org`;
    const first = await create(name);
    await world.look(first, { similarityScore: 1 });
    await world.announced(first.session_id, 'Declined');
    const second = await create(name);
    const bystander = await create(`bob-${randomUUID()}`);
    const answer = await erase(name);
    expect([answer.status, answer.body]).toEqual([
      202,
      { erasure_id: expect.any(String), status: 'pending' },
    ]);
    const id = answer.body.erasure_id;
    for (const { session_id } of [first, second]) {
      expect((await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).status).toBe(404);
    }
    const message = await heard(id);
    expect(message).toMatchObject({ applicationId: world.demo.applicationId, vendorData: name });
    expect(message.sessionIds.toSorted()).toEqual([first.session_id, second.session_id].toSorted());
    expect(await read(id)).toMatchObject({
      status: 'pending',
      awaiting: neighbours,
      certificate: null,
      confirmed: [{ service: 'session' }],
    });
    // Shares and consents of sessions that were deleted before are found by it.
    expect(message.userPid).toBe((await read(id)).user_pid);

    // Down for hours: it delays the certificate, and nothing else.
    await confirm(id, neighbours.slice(1));
    await waitFor('one is awaited', async () => (await read(id)).awaiting.length === 1);
    expect((await read(id)).awaiting).toEqual(neighbours.slice(0, 1));
    await create(`somebody-${randomUUID()}`);
    await confirm(id, neighbours.slice(1), 99n); // again, and saying something else
    await confirm(id, neighbours.slice(0, 1));
    const body = await erased(id);

    const { payload, protectedHeader } = await compactVerify(
      body.certificate_jws,
      createLocalJWKSet(await (await fetch(`${world.baseUrl}/v3/erasures/jwks.json`)).json()),
    );
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'selfsame-erasure-certificate+jwt' });
    const certificate = JSON.parse(Buffer.from(payload).toString('utf8'));
    expect(certificate).toEqual(body.certificate);
    expect(certificate).toMatchObject({
      iss: 'https://id.example',
      erasure_id: id,
      application_id: world.demo.applicationId,
      user_pid: body.user_pid,
      not_covered: expect.arrayContaining([expect.objectContaining({ where: 'audit log' })]),
    });
    expect(certificate.services.map(({ service }: { service: string }) => service)).toEqual(
      confirmingServices,
    );
    const [own] = certificate.services.filter(({ service }: { service: string }) => service === 'session');
    expect(own.removed).toContainEqual({ kind: 'sessions', count: 2 });
    const counts = certificate.services.map(
      ({ removed }: { removed: { count: number }[] }) => removed[0]?.count,
    );
    expect(counts).not.toContain(99);

    const tables = await dump();
    expect(tables).toContain(bystander.session_id);
    expect(tables).toContain(body.user_pid);
    for (const text of [name, encodeURIComponent(name), hex(name)]) {
      expect(tables.includes(text), `${text.length} characters in a table`).toBe(false);
      expect(JSON.stringify(certificate)).not.toContain(text);
      expect(world.logged().includes(text), 'in the log').toBe(false);
    }
    // The stream is read once more, by its end: nothing is left to overwrite.
    expect(await world.context.bus.erase([id, first.session_id, second.session_id])).toBe(0);
    const { rows } = await sql<{ count: number }>`SELECT count(*) FROM lockouts`.execute(world.database.db);
    expect(rows[0]?.count).toBe(0);
  });

  it('is one erasure however often it is asked for, until it is over', async () => {
    const name = `cai-${randomUUID()}`;
    await create(name);
    const both = await Promise.all([erase(name), erase(name)]);
    const ids = both.map(({ body }) => body.erasure_id);
    expect(new Set(ids).size).toBe(1);
    expect((await erase(name)).body.erasure_id).toBe(ids[0]);
    await confirm(ids[0]);
    await erased(ids[0]);
    const again = await erase(name);
    expect([again.status, again.body.erasure_id === ids[0]]).toEqual([202, false]);
    expect(told.filter(({ erasureId }) => erasureId === ids[0])).toHaveLength(1);
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) FROM erasure_confirmations WHERE erasure_id = ${ids[0]}`.execute(world.database.db);
    expect(rows[0]?.count).toBe(confirmingServices.length);
  });

  it('leaves whoever comes under the same name afterwards alone', async () => {
    const name = `dee-${randomUUID()}`;
    const old = await create(name);
    const { erasure_id } = (await erase(name)).body;
    const young = await create(name);
    expect(young.session_id).not.toBe(old.session_id);
    await confirm(erasure_id);
    await erased(erasure_id);
    const decision = await world.demo.call('GET', `/v3/session/${young.session_id}/decision/`);
    expect([decision.status, decision.body.vendor_data]).toEqual([200, name]);
    expect((await heard(erasure_id)).sessionIds).toEqual([old.session_id]);
  });

  it('takes those who came since along when it is asked for again, in an erasure of their own', async () => {
    const name = `zed-${randomUUID()}`;
    await create(name);
    const first = (await erase(name)).body.erasure_id;
    await heard(first);
    const young = await create(name);
    const second = (await erase(name)).body.erasure_id;
    expect(second).not.toBe(first);
    expect((await heard(second)).sessionIds).toEqual([young.session_id]);
    const younger = await create(name);
    const asked = { deletion_instruction: 'privacy_erasure', instruction_id: 'GDPR-77' };
    const answer = await world.demo.call('DELETE', `/v3/session/${younger.session_id}/delete/`, asked);
    const third = answer.body.erasure_id;
    expect(new Set([first, second, third]).size).toBe(3);
    expect((await heard(third)).sessionIds).toEqual([younger.session_id]);
    expect((await erase(name)).body.erasure_id).toBe(third);
    for (const id of [third, first, second]) await confirm(id);
    const certificates = await Promise.all([first, second, third].map(erased));
    expect(certificates.map(({ instruction_id }) => instruction_id)).toEqual([null, null, 'GDPR-77']);
    for (const { session_id } of [young, younger]) {
      expect((await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).status).toBe(404);
    }
    expect(await dump()).not.toContain(name);
  });

  it('keeps the name of each instruction', async () => {
    const name = `una-${randomUUID()}`;
    const ask = (id: string | null) =>
      requestErasure(world.context, world.demo.applicationId, { id: '', vendorData: name }, id);
    await create(name);
    const { erasureId: first } = await ask(null);
    expect((await ask('R-1')).erasureId).toBe(first);
    expect((await ask('R-1')).erasureId).toBe(first);
    const { erasureId: second } = await ask('R-2');
    expect(second).not.toBe(first);
    expect([(await read(first)).instruction_id, (await read(second)).instruction_id]).toEqual(['R-1', 'R-2']);
    for (const id of [first, second]) await confirm(id);
    for (const id of [first, second]) await erased(id);
  });

  it('of people without a session is done so often in a minute, and of all others whenever it is asked for', async () => {
    const client = await world.client('guesser');
    const ask = (name: string) => client.call('DELETE', `/v3/users/${name}/`);
    for (let turn = 0; turn < 10; turn += 1) expect((await ask(`nobody-${turn}`)).status).toBe(202);
    const refused = await ask('nobody-10');
    expect([refused.status, Object.keys(refused.body)]).toEqual([429, ['detail']]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('nobody-3')).status).toBe(202); // under way
    const workflow = await client.call('POST', '/v3/workflows/', { features: [{ feature: 'LIVENESS' }] });
    await client.create({ workflow_id: workflow.body.workflow_id, vendor_data: 'somebody' });
    expect((await ask('somebody')).status).toBe(202);
    await world.database.db
      .updateTable('erasures')
      .set({ requested_at: new Date(Date.now() - 61_000) })
      .where('application_id', '=', client.applicationId)
      .execute();
    expect((await ask('nobody-10')).status).toBe(202);
  });

  it('leaves nothing in the stream, however many sessions there are', async () => {
    const name = `many-${randomUUID()}`;
    const one = await create(name);
    const { db } = world.database;
    const like = await db
      .selectFrom('sessions')
      .selectAll()
      .where('id', '=', one.session_id)
      .executeTakeFirstOrThrow();
    const rows = Array.from({ length: 2_100 }, (_, index) => ({
      ...like,
      id: randomUUIDv7(),
      session_number: like.session_number + 1 + index,
      token_sha256: randomBytes(32),
      status: 'Approved',
      metadata: null,
    }));
    for (let start = 0; start < rows.length; start += 300) {
      await db
        .insertInto('sessions')
        .values(rows.slice(start, start + 300) as never)
        .execute();
    }
    await db
      .updateTable('applications')
      .set({ last_session_number: like.session_number + rows.length })
      .where('id', '=', world.demo.applicationId)
      .execute();
    const last = rows.at(-1)?.id ?? '';
    await world.database.transaction((tx) =>
      world.context.bus.enqueue(
        tx,
        sessionStatusChanged,
        SessionStatusChanged.fromPartial({ sessionId: last, vendorData: name, status: 'Approved' }),
      ),
    );
    await world.announced(last, 'Approved');
    const { erasure_id } = (await erase(name)).body;
    expect((await heard(erasure_id)).sessionIds).toHaveLength(2_000);
    await confirm(erasure_id);
    const { certificate } = await erased(erasure_id);
    const own = certificate.services.find(({ service }: { service: string }) => service === 'session');
    expect(own.removed).toContainEqual({ kind: 'sessions', count: 2_101 });
    expect(await world.context.bus.erase([last])).toBe(0);
    expect(
      await db.selectFrom('erasure_sessions').where('erasure_id', '=', erasure_id).selectAll().execute(),
    ).toEqual([]);
  });

  it('compares nobody with a face that is still to be forgotten', async () => {
    const name = `lea-${randomUUID()}`;
    world.biometrics.enrolled.add(name);
    const body = { workflow_id: 'wf_reauth', vendor_data: name };
    expect((await world.demo.call('POST', '/v3/session/', body)).status).toBe(201);
    const { erasure_id } = (await erase(name)).body;
    const refused = await world.demo.call('POST', '/v3/session/', body);
    expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['portrait_image']]);
    await confirm(erasure_id);
    await erased(erasure_id);
    // As if enrolled again.
    expect((await world.demo.call('POST', '/v3/session/', body)).status).toBe(201);
  });

  it('never mixes an old and a new session up, whoever is faster', async () => {
    const name = `eve-${randomUUID()}`;
    await create(name);
    const [, ...made] = await Promise.all([erase(name), create(name), create(name), create(name)]);
    const living = await world.demo.call('GET', `/v3/sessions/?vendor_data=${name}`);
    const ids = new Set(made.map(({ session_id }) => session_id));
    // Each was made before the erasure, and is gone, or after it, and lives.
    expect(living.body.results.length).toBeLessThanOrEqual(1);
    for (const { session_id } of living.body.results) expect(ids.has(session_id)).toBe(true);
    const { erasure_id } = (await erase(name)).body;
    await confirm(erasure_id);
  });

  it('of one application says nothing about another', async () => {
    const other = await world.client('another');
    const name = `fay-${randomUUID()}`;
    const { session_id } = await create(name);
    const answer = await other.call('DELETE', `/v3/users/${name}/`);
    expect(answer.status).toBe(202);
    expect((await world.demo.call('GET', `/v3/session/${session_id}/decision/`)).status).toBe(200);
    expect((await world.demo.call('GET', `/v3/erasures/${answer.body.erasure_id}/`)).status).toBe(404);
    await others.publish(
      erasureConfirmed,
      randomUUID(),
      ErasureConfirmed.fromPartial({
        erasureId: answer.body.erasure_id,
        applicationId: world.demo.applicationId,
        service: 'biometrics',
      }),
    );
    const later = (await erase(`gil-${randomUUID()}`)).body.erasure_id;
    await confirm(later);
    await erased(later);
    const own = await other.call('GET', `/v3/erasures/${answer.body.erasure_id}/`);
    expect(own.body.awaiting).toContain('biometrics');
  });

  it('takes a look that is under way along: its evidence resurrects nothing', async () => {
    const name = `hal-${randomUUID()}`;
    const created = await create(name);
    const tokenSha256 = secretDigest(created.session_token);
    await world.rpc.openSession({ tokenSha256 });
    const attemptId = randomUUID();
    await world.rpc.beginAttempt({ tokenSha256, attemptId });
    const { erasure_id } = (await erase(name)).body;
    await world.report(created.session_id, attemptId);
    await world.report(created.session_id, attemptId);
    expect(await world.settled()).toBe(0);
    await confirm(erasure_id);
    await erased(erasure_id);
    await world.report(created.session_id, attemptId);
    expect(await world.settled()).toBe(0);
    expect(world.events(created.session_id).map(({ status }) => status)).not.toContain('Approved');
    await waitFor('what came last is overwritten', async () => {
      const { rows } = await sql<{ count: number }>`
        SELECT count(*) FROM outbox WHERE about = ${created.session_id}`.execute(world.database.db);
      return rows[0]?.count === 0 && (await world.context.bus.erase([created.session_id])) === 0;
    });
    expect(await dump()).not.toContain(name);
  });

  it('goes on after a crash, however many sessions there are', async () => {
    const name = `ida-${randomUUID()}`;
    const { session_id } = await create(name);
    const { db } = world.database;
    await erase(name);
    // As a crash between two transactions leaves it.
    const late = await create(name);
    const { id } = await db
      .selectFrom('erasure_sessions')
      .select('erasure_id as id')
      .where('session_id', '=', session_id)
      .executeTakeFirstOrThrow();
    await db
      .updateTable('erasures')
      .set({ state: 'deleting', vendor_data: name, through_number: late.session_number })
      .where('id', '=', id)
      .execute();
    await continueErasures(world.context);
    expect((await world.demo.call('GET', `/v3/session/${late.session_id}/decision/`)).status).toBe(404);
    await confirm(id);
    expect((await erased(id)).certificate.services).toHaveLength(confirmingServices.length);
  });
});

describe('a privacy erasure by a session', () => {
  it('erases the person, with the face first', async () => {
    const name = `jon-${randomUUID()}`;
    world.biometrics.enrolled.add(name);
    const [mine, other] = [await create(name), await create(name)];
    const body = { deletion_instruction: 'privacy_erasure', instruction_id: 'request 12' };
    const answer = await world.demo.call('DELETE', `/v3/session/${mine.session_id}/delete/`, body);
    expect([answer.status, answer.body]).toEqual([
      200,
      expect.objectContaining({
        session_id: mine.session_id,
        face_retention_outcome: 'deleted',
        instruction_id: 'request 12',
        erasure_id: expect.any(String),
      }),
    ]);
    expect(world.biometrics.forgotten).toContain(name);
    expect((await world.demo.call('GET', `/v3/session/${other.session_id}/decision/`)).status).toBe(404);
    await confirm(answer.body.erasure_id);
    expect((await erased(answer.body.erasure_id)).certificate.instruction_id).toBe('request 12');
  });

  it('takes a session alone that names nobody', async () => {
    const [mine, other] = [await create(undefined), await create(undefined)];
    const body = { deletion_instruction: 'privacy_erasure' };
    const answer = await world.demo.call('DELETE', `/v3/session/${mine.session_id}/delete/`, body);
    expect(await heard(answer.body.erasure_id)).toMatchObject({
      vendorData: '',
      sessionIds: [mine.session_id],
    });
    expect((await world.demo.call('GET', `/v3/session/${other.session_id}/decision/`)).status).toBe(200);
    await confirm(answer.body.erasure_id);
  });
});

it('events that nobody has read yet are lost for nobody before all have confirmed', async () => {
  const name = `kim-${randomUUID()}`;
  const { session_id } = await create(name);
  await world.announced(session_id, 'Not Started');
  const { erasure_id } = (await erase(name)).body;
  await heard(erasure_id);
  expect(await readFromStart('slow')).toContain(session_id);
  await confirm(erasure_id);
  await erased(erasure_id);
  expect(await readFromStart('slower')).not.toContain(session_id);
});

/** A service that has been away: what it finds about sessions in the stream, up to one that is made now. */
async function readFromStart(service: string): Promise<string[]> {
  const { log } = world.context;
  const postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations: busMigrations, log });
  const database = await openDatabase({ service, url: postgres.url, migrations: busMigrations });
  const bus = await openBus({ service, url: world.natsUrl, log, database });
  const seen: string[] = [];
  await bus.subscribe(sessionStatusChanged, async (_, { message }) => void seen.push(message.sessionId));
  const { session_id: last } = await create(undefined);
  await waitFor('it has read all', () => seen.includes(last));
  await bus.close();
  await database.close();
  await postgres.drop();
  return seen;
}
