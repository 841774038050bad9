import { ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { startTelemetry } from '@selfsame/runtime/telemetry';
import { startSpanCollector } from '@selfsame/testing/spans';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVault } from '../src/outbound/vault.ts';
import { usableKeys } from '../src/template-keys.ts';
import { face } from './faces.ts';
import { newSession, openWorld, type World } from './harness.ts';
import { openLooker, subjectOf } from './looker.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Every row of every table of the database as text, bytes in hex. */
async function dump(): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'biometrics'
  `.execute(world.db);
  const contents = await Promise.all(
    tables.map(({ name }) => sql`SELECT t::text AS row FROM ${sql.raw(name)} t`.execute(world.db)),
  );
  return JSON.stringify(contents.map(({ rows }) => rows));
}

/** A few bytes from the middle of something, in every spelling they could leak in. */
function spellings(bytes: Uint8Array): string[] {
  const part = Buffer.from(bytes).subarray(bytes.length >> 1, (bytes.length >> 1) + 12);
  const aligned = Buffer.from(bytes).subarray(0, 12);
  return [part, aligned].flatMap((each) => [
    each.toString('hex'),
    each.toString('base64'),
    each.toString('latin1'),
    JSON.stringify([...each]).slice(1, -1),
  ]);
}

test('no image, embedding, key or name of a person is in a log, a span, a metric, an error or a table', async () => {
  const collector = await startSpanCollector();
  const telemetry = startTelemetry('biometrics', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  const session = newSession();
  const picture = 'img/p04_1.jpg';
  await world.enrol(session, picture);
  await world.verify(session, picture, { keepCandidate: true, reference: ReferenceKind.SUBJECT });
  await world.client.bindReference({
    ...session,
    image: Buffer.from(face(picture)),
    expiresAt: new Date(Date.now() + 60_000),
  });
  await world.client.analyse({ image: Buffer.from(face('edge/dark.jpg')) });
  const damaged = face(picture).subarray(0, 30_000);
  const refusal = await world.verify(session, damaged).catch((error: unknown) => error);
  await telemetry.stop();

  expect(await world.kept(session)).toEqual(['candidate', 'reference', 'subject']);
  const spans = collector.spans();
  await collector.close();

  const { embedding } = await subjectOf(await openLooker(), picture);
  const [key] = await usableKeys(world.db, session.applicationId);
  if (key === undefined) throw new Error('an application with templates and without a key');
  const template = createVault(world.biometricKey).protect(key, embedding);
  const secrets = {
    image: spellings(face(picture)),
    template: spellings(new Uint8Array(template.buffer)),
    embedding: [...spellings(new Uint8Array(embedding.buffer)), ...[...embedding].slice(0, 4).map(String)],
    key: spellings(world.biometricKey),
    person: [session.vendorData],
  };
  const places = {
    log: world.logged.join(''),
    spans: JSON.stringify(spans),
    metrics: (await exposeMetrics()).text,
    error: String(refusal) + JSON.stringify(refusal),
    tables: await dump(),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, `${place} holds something`).toBeGreaterThan(10);
    for (const [secret, forms] of Object.entries(secrets)) {
      expect(
        forms.filter((form) => text.includes(form)),
        `${secret} in ${place}`,
      ).toEqual([]);
    }
  }

  const ids = [session.applicationId, session.sessionId];
  expect(ids.filter((id) => places.metrics.includes(id))).toEqual([]);

  const look = spans.find(({ name }) => name === 'biometrics.look');
  expect(Object.keys(look?.attributes ?? {}).sort()).toEqual([
    'look.age_ms',
    'look.batch',
    'look.decode_ms',
    'look.detect_ms',
    'look.embed_ms',
    'look.liveness_ms',
    'look.media_ms',
    'look.mesh_ms',
    'look.models_ms',
    'look.quality_ms',
    'look.queued_ms',
  ]);
  for (const value of Object.values(look?.attributes ?? {})) expect(value).toBeTypeOf('number');
});

test('the search itself would find a leak', () => {
  const bytes = face('img/p04_1.jpg');
  expect(spellings(bytes).some((form) => Buffer.from(bytes).toString('base64').includes(form))).toBe(true);
  expect(spellings(bytes).some((form) => Buffer.from(bytes).toString('hex').includes(form))).toBe(true);
});
