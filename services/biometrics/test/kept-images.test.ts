import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KeptImageKind, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { type Keyring, openKeyring } from '@selfsame/keys/keyring';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseImages } from '../src/images/image-store.ts';
import { createImages, type Images } from '../src/images/images.ts';
import { createImageLinks } from '../src/images/links.ts';
import { type ObjectStore, openObjectStore } from '../src/images/object-store.ts';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { type Bucket, credentials, openBucket } from './bucket.ts';
import { face } from './faces.ts';
import { newSession, openWorld, type World } from './harness.ts';

const picture = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), randomBytes(2_000)]);
const log = createLog('biometrics', 'silent');
const remote = { objectStoreRegion: 'eu-central-1', imageLinkSeconds: 300 };
const noAccess = { objectStoreAccessKeyId: undefined, objectStoreSecretAccessKey: undefined };

let folder: string;
let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Awaited<ReturnType<typeof openDatabase<BiometricsTables>>>;
let keyring: Keyring;
let bucket: Bucket;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selfsame-objects-'));
  postgres = await testDatabaseUrl();
  await migrate({ service: 'biometrics', url: postgres.url, migrations, log });
  database = await openDatabase<BiometricsTables>({ service: 'biometrics', url: postgres.url, migrations });
  keyring = await openKeyring({
    purpose: 'biometric',
    database,
    settings: {
      keyProvider: 'environment',
      keyFile: undefined,
      kmsKeyId: undefined,
      kmsEndpoint: undefined,
      kmsRegion: 'eu-central-1',
      kmsAccessKeyId: undefined,
      kmsSecretAccessKey: undefined,
    },
    firstKey: randomBytes(32),
    log,
  });
  bucket = await openBucket();
});
afterAll(async () => {
  keyring.close();
  await bucket.close();
  await database.close();
  await postgres.drop();
  await rm(folder, { recursive: true, force: true });
});

const openFolder = async () => {
  const url = pathToFileURL(join(folder, randomUUID())).href;
  return { url, store: await stored({ objectStoreUrl: url, ...noAccess, ...remote }) };
};
const openRemote = () =>
  stored({
    objectStoreUrl: `s3://pictures/kept?endpoint=${bucket.endpoint}`,
    objectStoreAccessKeyId: credentials.accessKeyId,
    objectStoreSecretAccessKey: credentials.secretAccessKey,
    ...remote,
  });

async function stored(config: Parameters<typeof openObjectStore>[0]): Promise<ObjectStore> {
  const store = await openObjectStore(config);
  if (store === null) throw new Error('no store');
  return store;
}

const imagesOn = (store: ObjectStore): Images =>
  createImages({ database, keyring, store, links: createImageLinks(keyring.root), linkSeconds: 300, log });

const someSession = () => ({ applicationId: randomUUID(), sessionId: randomUUID() });
const keptOr = (imageId: string | undefined) => imageId ?? expect.fail('nothing was kept');

describe.each([
  ['a folder', async () => (await openFolder()).store],
  ['a bucket', async () => openRemote()],
])('%s', (_, open) => {
  test('gives back what was put, forgets what was removed, and knows nothing else', async () => {
    const store = await open();
    const name = `${randomUUID()}/${randomUUID()}`;
    expect(await store.get(name)).toBeNull();
    await store.put(name, picture);
    await store.put(name, picture);
    expect((await store.get(name))?.equals(picture)).toBe(true);
    await store.remove(name);
    await store.remove(name);
    expect(await store.get(name)).toBeNull();
  });

  test('holds pictures sealed, which another tenant’s row does not open', async () => {
    const store = await open();
    const put: Buffer[] = [];
    const images = imagesOn({
      ...store,
      put: (name, bytes) => store.put(name, put[put.push(bytes) - 1] ?? bytes),
    });
    const session = someSession();
    const imageId = keptOr(await images.keep(session, 'live', picture));
    expect(put.some((bytes) => bytes.includes(picture.subarray(4, 64)))).toBe(false);
    expect(await images.open(imageId)).toEqual({ bytes: picture, contentType: 'image/jpeg' });

    const thief = someSession();
    await store.put(`${thief.applicationId}/${thief.sessionId}/${imageId}`, put[0] ?? Buffer.alloc(0));
    await database.db
      .updateTable('kept_images')
      .set({ application_id: thief.applicationId, session_id: thief.sessionId })
      .where('image_id', '=', imageId)
      .execute();
    await expect(images.open(imageId)).rejects.toMatchObject({ code: 'sealed_unopenable' });
  });

  test('loses the objects of a session that is deleted', async () => {
    const store = await open();
    const removed: string[] = [];
    const images = imagesOn({
      ...store,
      remove: (name) => store.remove(removed[removed.push(name) - 1] ?? name),
    });
    const session = someSession();
    const imageId = keptOr(await images.keep(session, 'live', picture));
    expect(await images.link(session, [imageId])).toHaveLength(1);
    await releaseImages(database.db, session);
    expect(await images.link(session, [imageId])).toEqual([]);
    expect(await images.open(imageId)).toBeNull();
    await images.sweep();
    expect(removed).toEqual([`${session.applicationId}/${session.sessionId}/${imageId}`]);
    expect(await store.get(removed[0] ?? '')).toBeNull();
    expect(await images.sweep()).toBe(0);
  });
});

describe('the bucket', () => {
  test('gets requests that it can verify, and tries again where it fails for a moment', async () => {
    const store = await openRemote();
    bucket.failNext(503, 2);
    await store.put('one/two', picture);
    expect(bucket.objects.get('/pictures/kept/one/two')?.equals(picture)).toBe(true);
    expect(bucket.refused).toEqual([]);
    bucket.failNext(503, 3);
    await expect(store.get('one/two')).rejects.toMatchObject({ code: 'object_store_unavailable' });
    expect((await store.get('one/two'))?.length).toBe(picture.length);
  });

  test('refuses another key, and the picture is not kept', async () => {
    const store = await stored({
      objectStoreUrl: `s3://pictures?endpoint=${bucket.endpoint}`,
      objectStoreAccessKeyId: credentials.accessKeyId,
      objectStoreSecretAccessKey: 'a guess',
      ...remote,
    });
    expect(await imagesOn(store).keep(someSession(), 'live', picture)).toBeUndefined();
    expect(bucket.refused).toEqual(['SignatureDoesNotMatch']);
  });
});

test.each([
  ['ftp://pictures', 'must be file'],
  ['nonsense', 'must be file'],
  ['s3://pictures', 'ACCESS_KEY'],
  ['file://elsewhere/pictures', 'file:///path'],
])('a store called %s is refused with what to do', async (objectStoreUrl, remedy) => {
  await expect(openObjectStore({ objectStoreUrl, ...noAccess, ...remote })).rejects.toThrow(remedy);
});

test('a picture whose store fails costs the picture and nothing else, and leaves nothing half kept', async () => {
  const { store } = await openFolder();
  const session = someSession();
  const failing = { ...store, put: async () => Promise.reject(new Error('no room')) };
  expect(await imagesOn(failing).keep(session, 'live', picture)).toBeUndefined();
  await database.db
    .updateTable('kept_images')
    .set({ created_at: new Date(0) })
    .where('session_id', '=', session.sessionId)
    .execute();
  expect(await imagesOn(store).sweep()).toBe(1);
});

test('links are good for their picture and their time, and nobody else makes one', async () => {
  const links = createImageLinks(randomBytes(32));
  const [image, other] = [randomUUID(), randomUUID()];
  const end = new Date(Date.now() + 60_000);
  const query = (path: string) => {
    const { searchParams } = new URL(path, 'http://localhost');
    return { expires: searchParams.get('expires') ?? '', signature: searchParams.get('signature') ?? '' };
  };
  const signed = query(links.sign(image, end));
  expect(links.isGood(image, signed, new Date())).toBe(true);
  expect(links.isGood(other, signed, new Date())).toBe(false);
  expect(links.isGood(image, signed, new Date(end.getTime() + 1_000))).toBe(false);
  expect(links.isGood(image, { ...signed, expires: String(Number(signed.expires) + 60) }, new Date())).toBe(
    false,
  );
  expect(links.isGood(image, { ...signed, signature: 'A'.repeat(43) }, new Date())).toBe(false);
  expect(createImageLinks(randomBytes(32)).isGood(image, signed, new Date())).toBe(false);
});

describe('the service', () => {
  let world: World;
  let objects: string;
  beforeAll(async () => {
    objects = join(folder, 'world');
    world = await openWorld({
      OBJECT_STORE_URL: pathToFileURL(objects).href,
      BIOMETRICS_SWEEP_INTERVAL_MS: '200',
    });
  });
  afterAll(() => world.close());

  const files = async () => {
    const entries = await readdir(objects, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile());
  };
  const get = (path: string) => fetch(`${world.httpUrl}${path}`);

  test('keeps no picture unless it is asked to', async () => {
    const session = newSession();
    const evidence = await world.verify(session, 'img/p04_1.jpg');
    expect(evidence.keptImages).toEqual([]);
    expect(await files()).toEqual([]);
  });

  test('keeps the look and the portrait where it is asked to, serves them by link, and lets them go with the session', async () => {
    const session = newSession();
    const { applicationId, sessionId } = session;
    const [portrait, selfie] = [Buffer.from(face('img/p04_1.jpg')), Buffer.from(face('img/p04_3.jpg'))];
    const expiresAt = new Date(Date.now() + 60_000);
    await world.client.bindReference({
      applicationId,
      sessionId,
      image: portrait,
      expiresAt,
      retainsImage: true,
    });
    const { keptImages } = await world.verify(session, selfie, {
      reference: ReferenceKind.SESSION,
      retainsImages: true,
    });
    expect(keptImages.map(({ kind }) => kind)).toEqual([KeptImageKind.LIVE, KeptImageKind.REFERENCE]);

    const imageIds = keptImages.map(({ imageId }) => imageId);
    const { links } = await world.client.linkImages({ applicationId, sessionId, imageIds });
    const paths = new Map(links.map(({ imageId, path }) => [imageId, path]));
    for (const [index, bytes] of [selfie, portrait].entries()) {
      const answer = await get(paths.get(imageIds[index] ?? '') ?? '');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('image/jpeg');
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    }
    for (const entry of await files()) {
      const sealed = await readFile(join(entry.parentPath, entry.name));
      expect(sealed.includes(selfie.subarray(100, 150)) || sealed.includes(portrait.subarray(100, 150))).toBe(
        false,
      );
    }

    const elsewhere = await world.client.linkImages({ applicationId: randomUUID(), sessionId, imageIds });
    expect(elsewhere.links).toEqual([]);
    const [path = ''] = paths.values();
    expect((await get(path.replace(/signature=.{4}/, 'signature=AAAA'))).status).toBe(403);
    expect((await get(path.replace(/expires=\d+/, 'expires=9999999999'))).status).toBe(403);
    expect((await get('/media/nobody?expires=1&signature=x')).status).toBe(404);

    await world.deleteSession(session);
    expect((await get(path)).status).toBe(404);
    await waitFor('the objects are gone', async () => (await files()).length === 0);
    expect(world.logged.join('')).not.toMatch(/signature=/);
  });

  test('keeps nothing of a look that leads to no verdict', async () => {
    const evidence = await world.verify(newSession(), 'edge/two_faces.jpg', { retainsImages: true });
    expect(evidence.problem).not.toBe('FACE_PROBLEM_UNSPECIFIED');
    expect(evidence.keptImages).toEqual([]);
  });
});
