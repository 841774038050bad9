import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileProvider } from '@selfsame/keys/file';
import { rotateDataKeys } from '@selfsame/keys/rotation';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openWorld, type RunningService, type ServiceOptions, type World } from './harness.ts';
import { isAuthentic } from './receiver-checks.ts';

let world: World;
let receiver: Receiver;
let directory: string;
const started: RunningService[] = [];
beforeAll(async () => {
  [world, directory] = await Promise.all([openWorld(), mkdtemp(join(tmpdir(), 'selfsame-webhook-keys-'))]);
});
afterAll(async () => {
  await world.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
  await receiver.close();
  await world.clear();
  await sql`DELETE FROM data_keys`.execute(world.database.db);
});

/** A replica that ends with its test: those of the next one have other data keys. */
async function start(options: ServiceOptions = {}): Promise<RunningService> {
  const service = await world.start(options);
  started.push(service);
  return service;
}

async function createDestination(call: RunningService['call'], path = '/hook') {
  const body = { label: 'test', url: `${receiver.url}${path}`, subscribed_events: ['status.updated'] };
  const answer = await call('POST', '/v3/webhook/destinations/', body);
  return { id: String(answer.body.uuid), secret: String(answer.body.secret_shared_key) };
}

const rows = () => world.database.db.selectFrom('destinations').selectAll().orderBy('created_at').execute();

/** As the releases before keyrings sealed a secret. */
function sealAsBefore(secret: string, destinationId: string): Buffer {
  const key = Buffer.from(world.environment.WEBHOOK_SECRET_KEY ?? '', 'base64');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(destinationId));
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from([1]), nonce, cipher.getAuthTag(), text]);
}

/** Puts the world back to how the release before keyrings left it. */
async function goBackToBefore(secret: string, id: string): Promise<void> {
  await world.database.db
    .updateTable('destinations')
    .set({ sealed_secret: sealAsBefore(secret, id), asymmetric_signature: true })
    .where('id', '=', id)
    .execute();
}

test('a sealed secret that is moved to another tenant, or another destination, signs nothing and is not shown', async () => {
  const service = await start();
  const theirs = world.as(service, world.otherApplication);
  const [own, sibling] = [
    await createDestination(service.call),
    await createDestination(service.call, '/second'),
  ];
  const foreign = await createDestination(theirs);
  await world.tell();
  await waitFor('webhooks', () => receiver.requests.length === 2); // the secrets have been opened, and are remembered

  const [mine] = await rows();
  const { sealed_secret } = mine ?? { sealed_secret: Buffer.alloc(0) };
  for (const { id } of [sibling, foreign]) {
    await world.database.db.updateTable('destinations').set({ sealed_secret }).where('id', '=', id).execute();
  }
  expect((await service.call('GET', `/v3/webhook/destinations/${own.id}/`)).body.secret_shared_key).toBe(
    own.secret,
  );
  expect((await service.call('GET', `/v3/webhook/destinations/${sibling.id}/`)).status).toBe(500);
  expect((await theirs('GET', `/v3/webhook/destinations/${foreign.id}/`)).status).toBe(500);

  await world.tell();
  await waitFor('the webhook that can be signed, and a note of the one that cannot', async () => {
    const attempts = await world.database.db.selectFrom('attempts').select('error').execute();
    return (
      receiver.requests.length === 3 && attempts.filter(({ error }) => error === 'not_signed').length === 1
    );
  });
  expect(
    receiver.requests.every(
      (request) => isAuthentic(request, own.secret) || isAuthentic(request, sibling.secret),
    ),
  ).toBe(true);
});

test('no secret and no key can be read in a dump', async () => {
  const service = await start();
  const { secret } = await createDestination(service.call);
  const dump = await dumpOf(['destinations', 'data_keys']);
  const key = Buffer.from(world.environment.WEBHOOK_SECRET_KEY ?? '', 'base64');
  for (const text of [
    secret,
    Buffer.from(secret).toString('hex'),
    key.toString('hex'),
    key.toString('base64'),
  ]) {
    expect(dump).not.toContain(text);
  }
});

test('what was sealed before keyrings signs as before, and is resealed once the former release is gone', async () => {
  const service = await start();
  const { id, secret } = await createDestination(service.call);
  const publicKey = () =>
    service.call('GET', `/v3/webhook/destinations/${id}/`).then(({ body }) => body.public_key);
  await service.call('PATCH', `/v3/webhook/destinations/${id}/`, { asymmetric_signature: true });
  const before = await publicKey();
  await goBackToBefore(secret, id);
  expect(await publicKey()).toBe(before);
  await world.tell();
  await waitFor('a webhook', () => receiver.requests.length === 1);
  expect(receiver.requests.every((request) => isAuthentic(request, secret))).toBe(true);
  expect((await rows())[0]?.sealed_secret[0]).toBe(1);
  await service.stop();

  const upgraded = await start(); // within the rollout: replicas of the former release have to read it
  expect((await rows())[0]?.sealed_secret[0]).toBe(1);
  await upgraded.stop();
  await sql`UPDATE data_keys SET created_at = created_at - interval '2 hours'`.execute(world.database.db);
  const later = await start();
  await waitFor('the resealed secret', async () => (await rows())[0]?.sealed_secret[0] !== 1);
  const shown = await later.call('GET', `/v3/webhook/destinations/${id}/`);
  expect(shown.body).toMatchObject({ secret_shared_key: secret, public_key: before });
});

test('a wrong key on the secrets of before is refused, and does not become the data key', async () => {
  const service = await start();
  const { id, secret } = await createDestination(service.call);
  await service.stop();
  await goBackToBefore(secret, id);
  await sql`DELETE FROM data_keys`.execute(world.database.db);
  const keyFile = await writeKeyFile('refused.json');

  const wrong = start({ environment: { WEBHOOK_SECRET_KEY: randomBytes(32).toString('base64') } });
  await expect(wrong).rejects.toMatchObject({ code: 'first_key_mismatch' });
  const without = start({
    environment: { KEY_PROVIDER: 'file', KEY_FILE: keyFile, WEBHOOK_SECRET_KEY: '' },
  });
  await expect(without).rejects.toMatchObject({ message: expect.stringContaining('set WEBHOOK_SECRET_KEY') });

  const taken = await start({ environment: { KEY_PROVIDER: 'file', KEY_FILE: keyFile } });
  await taken.stop();
  const keyless = await start({
    environment: { KEY_PROVIDER: 'file', KEY_FILE: keyFile, WEBHOOK_SECRET_KEY: '' },
  });
  const shown = await keyless.call('GET', `/v3/webhook/destinations/${id}/`);
  expect(shown.body.secret_shared_key).toBe(secret);
});

test('two replicas sign through a rotation, and secrets end up under the newest data key', async () => {
  const keyFile = await writeKeyFile('rotation.json');
  const environment = { KEY_PROVIDER: 'file', KEY_FILE: keyFile };
  const [one, two] = [await start({ environment }), await start({ environment })];
  const first = await createDestination(one.call);
  await rotateDataKeys(world.database, fileProvider(keyFile));
  const second = await createDestination(one.call, '/second');
  for (const { id, secret } of [first, second]) {
    const shown = await two.call('GET', `/v3/webhook/destinations/${id}/`);
    expect(shown.body.secret_shared_key).toBe(secret);
  }
  await sql`UPDATE data_keys SET created_at = created_at - interval '2 hours'`.execute(world.database.db);
  await one.stop();
  await start({ environment });
  await waitFor('all secrets under version 2', async () =>
    (await rows()).every(({ sealed_secret }) => sealed_secret.readUInt32BE(1) === 2),
  );
  await world.tell();
  await waitFor('both webhooks', () => receiver.requests.length === 2);
});

async function writeKeyFile(name: string): Promise<string> {
  const path = join(directory, name);
  const content = { current: '1', keys: { '1': randomBytes(32).toString('base64') } };
  await writeFile(path, JSON.stringify(content), { mode: 0o600 });
  return path;
}

async function dumpOf(tables: string[]): Promise<string> {
  const texts = await Promise.all(
    tables.map((table) =>
      sql<{ text: string }>`SELECT t::text AS text FROM ${sql.table(table)} AS t`.execute(world.database.db),
    ),
  );
  return texts.flatMap(({ rows }) => rows.map(({ text }) => text)).join('\n');
}
