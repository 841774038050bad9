import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSystem } from '../harness/running-system.ts';
import { openStage, passes, type Stage, type Verified } from './stage.ts';
import { type Needles, searchFiles, searchStreams, searchTables } from './traces.ts';

/** The right to be forgotten, in the whole running system. */
let stage: Stage;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selfsame-erasure-'));
  const dataDirectory = join(folder, 'data');
  const system = await runSystem(
    { OBJECT_STORE_URL: pathToFileURL(join(folder, 'objects')).href },
    { dataDirectory },
  );
  stage = await openStage(system);
}, 120_000);
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** What the system calls a person inside, read where it lies, before it goes. */
async function tracesOf({ vendorData, sessionId }: Verified): Promise<Needles> {
  const { system, bank } = stage;
  const [template] = await system.query(
    `SELECT owner, sealed FROM biometrics.templates WHERE kind = 'subject' AND application_id = $1 AND session_id = $2`,
    [bank.applicationId, sessionId],
  );
  const [visit] = await system.query(
    `SELECT subject_hash AS subject FROM fraud_signals.assessments WHERE session_id = $1 AND subject_hash IS NOT NULL LIMIT 1`,
    [sessionId],
  );
  const sealed = template?.sealed as Buffer;
  const hash = visit?.subject as Buffer | string;
  return {
    'the name that the application uses': vendorData,
    'the subject of the template': String(template?.owner),
    'the template': sealed.subarray(40, 72),
    'the subject of the signals': hash,
  };
}

async function search(needles: Needles) {
  const { system } = stage;
  const [tables, messages, objects, logs] = await Promise.all([
    searchTables(system.databaseUrl, needles),
    searchStreams(system.natsUrl, needles),
    searchFiles(join(folder, 'objects'), needles),
    searchFiles(join(folder, 'data/logs'), needles),
  ]);
  return [...tables, ...messages, ...objects, ...logs];
}

describe('a person who is erased', () => {
  it('leaves nothing in tables, streams, objects and logs but the certificate and what the law keeps', async () => {
    const { bank, lender, system } = stage;
    const kept = await bank.api.patch('/v3/data-retention/', { retain_images: true });
    expect(kept.status).toBe(200);
    const ann = await stage.verified('img/p01_1.jpg');
    await passes(bank, ann.person, 'img/p01_2.jpg', {
      workflow_id: 'wf_reauth',
      vendor_data: ann.vendorData,
      metadata: { user: ann.vendorData },
    });
    await stage.consent(ann);
    const imported = await lender.api.post('/v3/session/import-shared/', {
      share_token: await stage.share(ann),
      workflow_id: stage.signIn,
      vendor_data: 'known-otherwise-here',
    });
    expect(imported.status).toBe(201);
    const open = await stage.share(
      await stage.verified('img/p04_1.jpg').then(async (ben) => {
        await stage.consent(ben);
        return ben;
      }),
    );
    const { body: decision } = await bank.api.get(`/v3/session/${ann.sessionId}/decision/`);
    const image = await fetch(new URL(decision.liveness_checks[0].reference_image, system.baseUrl));
    expect(image.status).toBe(200);

    const needles = await tracesOf(ann);
    const before = await search(needles);
    // The search finds what is there, or it would prove nothing.
    expect(new Set(before.map(({ of }) => of))).toEqual(new Set(Object.keys(needles)));
    expect(before.some(({ place }) => place.startsWith('message'))).toBe(true);
    expect(before.filter(({ place }) => place.startsWith('file'))).toEqual([]);

    const asked = await bank.api.delete(`/v3/users/${encodeURIComponent(ann.vendorData)}/`);
    expect(asked.status).toBe(202);
    const certificate = await waitFor(
      'the certificate',
      async () => {
        const { body } = await bank.api.get(`/v3/erasures/${asked.body.erasure_id}/`);
        return body.status === 'erased' && body;
      },
      { timeoutMs: 60_000 },
    );
    expect(JSON.stringify(certificate)).not.toContain(ann.vendorData);
    const services = JSON.stringify(certificate);
    for (const service of ['session', 'biometrics', 'fraud-signals', 'share', 'webhook-dispatcher']) {
      expect(services).toContain(service);
    }

    const after = await waitFor(
      'nothing but what may stay',
      async () => {
        const found = await search(needles);
        return found.length === 0 && 'nothing';
      },
      { timeoutMs: 30_000, intervalMs: 500 },
    ).catch(() => search(needles));
    expect(after).toBe('nothing');
    expect((await fetch(new URL(decision.liveness_checks[0].reference_image, system.baseUrl))).status).toBe(
      404,
    );
    expect((await bank.api.get(`/v3/session/${ann.sessionId}/decision/`)).status).toBe(404);

    // Others are untouched, the partner's own copy of what it was given included.
    expect((await lender.api.get(`/v3/session/${imported.body.session_id}/decision/`)).status).toBe(200);
    const other = await lender.api.post('/v3/session/import-shared/', {
      share_token: open,
      workflow_id: stage.signIn,
    });
    expect(other.status).toBe(201);
    const { body: records } = await bank.api.get('/v3/share/records/?limit=100');
    expect(records.count).toBeGreaterThan(0);
  }, 240_000);
});
