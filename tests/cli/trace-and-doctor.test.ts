import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assetsDirectory, facePath } from '@selfsame/testing/assets';
import { startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../apps/cli/src/doctor/check.ts';
import { type DeploymentOptions, findDeployment } from '../../apps/cli/src/doctor/deployment.ts';
import { type Diagnosis, diagnose } from '../../apps/cli/src/doctor/diagnose.ts';
import { listeners } from '../../apps/cli/src/doctor/events.ts';
import { readTrace } from '../../apps/cli/src/trace/read-trace.ts';
import type { Trace, TraceEntry } from '../../apps/cli/src/trace/trace.ts';
import { companyOf, openCompany } from '../harness/applications.ts';
import { hostedClient } from '../harness/hosted-client.ts';
import { type RunningSystem, runSystem } from '../harness/running-system.ts';
import { someone } from '../harness/world.ts';

/** What operators ask at a terminal, of a running system and its own processes. */
let system: RunningSystem;
let data: string;
let api: Awaited<ReturnType<typeof companyOf>>['api'];
let close: () => Promise<void>;
const printed: string[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'selfsame-cli-'));
  system = await runSystem({}, { dataDirectory: data });
  const { local } = system;
  const company = await companyOf(
    system,
    { slug: 'demo', applicationId: local.application_id, apiKey: local.api_key },
    false,
  );
  api = company.api;
  close = company.close;
}, 120_000);
afterAll(async () => {
  await close?.();
  await system?.stop();
  await rm(data, { recursive: true, force: true });
}, 60_000);

/** Runs the command as an operator does. */
async function selfsame(args: string[], environment: Record<string, string> = {}, wrapper: string[] = []) {
  const [program = '', ...rest] = [
    ...wrapper,
    process.execPath,
    join(import.meta.dirname, '../../apps/cli/src/main.ts'),
    ...args,
  ];
  const env = { PATH: process.env.PATH, ...environment };
  const answer = await promisify(execFile)(program, rest, { env, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  printed.push(answer.stdout, answer.stderr);
  return answer;
}

/** The same without a process of its own, as programs get it. */
async function traced(sessionId: string): Promise<Trace> {
  const told = await readTrace(system.databaseUrl, sessionId, `selfsame trace ${sessionId}`);
  if (told === null) throw new Error(`no story of ${sessionId}`);
  const json = JSON.stringify(told);
  printed.push(json);
  return JSON.parse(json) as Trace;
}

async function diagnosed(options: Partial<DeploymentOptions> = {}, now?: () => Date): Promise<Diagnosis> {
  const places = { dataDirectory: data, environmentDirectory: undefined, only: [], ...options };
  const found = await diagnose(findDeployment(places, { PATH: process.env.PATH }), {
    destinations: true,
    ...(now && { now }),
  });
  printed.push(JSON.stringify(found));
  return found;
}

const wrong = ({ findings }: Diagnosis) =>
  findings.filter(({ status }) => status === 'failed' || status === 'warning');
const about = (findings: readonly Finding[], area: string, check: string) =>
  findings.find((finding) => finding.area === area && finding.check === check);
const kindsOf = ({ story }: Trace) => new Set(story.map(({ kind }) => kind));
const entry = ({ story }: Trace, kind: string, holds: (entry: TraceEntry) => boolean = () => true) =>
  story.find((one) => one.kind === kind && holds(one));

async function createSession(body: Record<string, unknown>) {
  const created = await api.post('/v3/session/', body);
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  return created.body as { session_id: string; session_url: string; session_token: string };
}

/** Created, opened, looked at. */
async function passed(body: Record<string, unknown>, photo = 'img/p01_1.jpg') {
  const session = await createSession(body);
  const page = hostedClient(session.session_url);
  await page.open();
  const answer = await page.attempt(await readFile(facePath(photo)));
  return { ...session, answer };
}

/** On a machine that is busy with other tests, an assessment may come too late: a story says so, and rightly. */
const isOurs = ({ text }: { text: string }) => !text.startsWith('a part of the assessment failed');

/** Once the receivers of a session have been told. */
const delivered = (sessionId: string, status: string) =>
  waitFor(`${status} of ${sessionId} is delivered`, async () => {
    const told = await traced(sessionId);
    return (
      entry(
        told,
        'delivery',
        ({ facts }) => facts.session_status === status && facts.state === 'delivered',
      ) && told
    );
  });

describe('selfsame trace', () => {
  const user = someone();
  let approved: Awaited<ReturnType<typeof passed>>;

  it('tells a selfie from its creation to its webhook, with who, why, how long and which traces', async () => {
    approved = await passed({
      workflow_id: 'wf_first_verification',
      vendor_data: user,
      callback: 'https://shop.example/back?user=ann',
    });
    expect(approved.answer.status).toBe('Approved');
    const told = await waitFor('the template is promoted', async () => {
      const one = await delivered(approved.session_id, 'Approved');
      return kindsOf(one).has('template_promoted') && one;
    });
    expect(told).toMatchObject({
      schema: 'selfsame.trace/1',
      session_id: approved.session_id,
      application: { slug: 'demo' },
      status: 'Approved',
      unread: [],
    });
    expect(told.problems.filter(isOurs)).toEqual([]);
    const kinds = [
      'created',
      'opened',
      'challenge_issued',
      'challenge_used',
      'attempt',
      'assessment',
      'frame',
      'verdict',
    ];
    for (const kind of [
      ...kinds,
      'status',
      'usage',
      'template',
      'template_promoted',
      'learned',
      'delivery',
      'delivery_try',
    ])
      expect(kindsOf(told), kind).toContain(kind);
    const keys = (await system.query('SELECT id FROM session.api_keys')).map(({ id }) => id);
    const created = entry(told, 'created');
    expect(created?.facts).toMatchObject({
      workflow: { slug: 'wf_first_verification', version: 1 },
      named: true,
    });
    expect(keys).toContain((created?.facts.created_by as { id: string }[] | undefined)?.[0]?.id);
    expect(entry(told, 'verdict')?.facts).toMatchObject({
      verdict: 'Approved',
      steps: [
        {
          feature: 'LIVENESS',
          reasons: [
            expect.stringMatching(/^score [\d.]+ is above 70 \(face_liveness_score_review_threshold\)$/),
          ],
        },
      ],
    });
    const last = entry(told, 'status', ({ facts }) => facts.status === 'Approved')?.event;
    expect(last?.handled.map(({ by }) => by).sort()).toEqual([
      'biometrics',
      'fraud-signals',
      'webhook-dispatcher',
    ]);
    expect(last?.stream_sequence).toBeGreaterThan(0);
    const [look] = told.looks;
    expect(look?.frame_to_webhook_ms).toBe(
      (look?.frame_to_verdict_ms ?? 0) + (look?.verdict_to_webhook_ms ?? 0),
    );
    expect(told.trace_ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(told.trace_ids.length).toBeGreaterThan(0);
    const times = told.story.map(({ at }) => String(at));
    expect(times).toEqual(times.toSorted());
  });

  it('is read on a terminal of 100 columns, without colours where there is none', async () => {
    const { stdout } = await selfsame(['trace', approved.session_id, '--database-url', system.databaseUrl]);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/session \d+ of demo, wf_first_verification@1/);
    expect(stdout).toMatch(/frame → Approved .+ → webhook's first byte .+ in all/);
    expect(stdout).toMatch(/nothing stands out|a part of the assessment failed/);
  });

  it('says which threshold declined a look, and that a webhook waits for another try', async () => {
    const receiver = await startReceiver();
    receiver.answer(() => ({ status: 503 }));
    const destination = await api.post('/v3/webhook/destinations/', {
      label: 'broken',
      url: `${receiver.url}/hooks/with-a-token-in-the-path`,
      subscribed_events: ['status.updated'],
    });
    const { session_id: id } = await passed({ workflow_id: 'wf_reauth', vendor_data: user }, 'img/p02_1.jpg');
    const told = await waitFor('the try is in the log', async () => {
      const one = await traced(id);
      return one.problems.some(({ text }) => text.includes('last answer 503')) && one;
    });
    expect(JSON.stringify(entry(told, 'verdict')?.facts.steps)).toMatch(
      /LOW_FACE_MATCH_SIMILARITY \(declines\): similarity [\d.]+ is not above 50 \(face_match_score_decline_threshold\)/,
    );
    expect(told.problems.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/not delivered after \d (try|tries), last answer 503; next try 20/),
    );
    const { stdout } = await selfsame(['trace', id, '--data-dir', data]);
    expect(stdout).toMatch(/! webhook-dispatcher: not delivered after \d tr/);
    expect(stdout).not.toContain('with-a-token-in-the-path');

    await api.delete(`/v3/webhook/destinations/${destination.body.uuid}/`);
    await receiver.close();
    expect((await api.delete(`/v3/session/${id}/delete/`)).status).toBe(204);
    const left = await waitFor('the deletion went round', async () => {
      const one = await traced(id);
      return entry(one, 'deleted')?.event?.handled.length === 4 && one;
    });
    expect(kindsOf(left)).not.toContain('verdict');
    expect(left.problems.filter(isOurs)).toEqual([]);
  });

  it('tells standalone calls, sandboxes and imports as what they are', async () => {
    const form = new FormData();
    form.append('user_image', new Blob([await readFile(facePath('img/p01_1.jpg'))]), 'face.jpg');
    const call = await fetch(new URL('/v3/passive-liveness/', system.baseUrl), {
      method: 'POST',
      headers: { 'x-api-key': system.local.api_key },
      body: form,
    });
    const [made] = await system.query(`SELECT id FROM session.sessions WHERE session_type = 'API'`);
    expect(call.status).toBe(200);
    const standalone = await traced(String(made?.id));
    expect(entry(standalone, 'created')?.text).toMatch(/^standalone call PASSIVE_LIVENESS of demo/);
    expect(entry(standalone, 'created')?.facts.created_by).toHaveLength(1);
    expect(entry(standalone, 'verdict')?.text).toBe('Approved: answered at once');

    const sandbox = await openCompany(system, 'sand', { environment: 'sandbox', listens: false });
    const workflow = await sandbox.api.post('/v3/workflows/', {
      workflow_label: 'Liveness',
      workflow_type: 'biometric_authentication',
      features: [{ feature: 'LIVENESS' }],
      status: 'published',
    });
    const tried = await sandbox.api.post('/v3/session/', { workflow_id: workflow.body.uuid });
    expect(entry(await traced(tried.body.session_id), 'created')?.text).toContain('(sandbox)');

    await api.patch('/v3/share/settings/', { requires_consent: false });
    const shared = await api.post(`/v3/session/${approved.session_id}/share/`, {
      audience: 'partner_b',
      purpose: 'lending',
    });
    const { partner } = system.local;
    const lender = await companyOf(
      system,
      { slug: 'partner_b', applicationId: partner.application_id, apiKey: partner.api_key },
      false,
    );
    const imported = await lender.api.post('/v3/session/import-shared/', {
      share_token: shared.body.share_token,
      workflow_id: 'partner_b_wf',
      trust_review: true,
      vendor_data: someone(),
    });
    expect([shared.status, imported.status]).toEqual([200, 201]);
    const [there, here] = [await traced(imported.body.session_id), await traced(approved.session_id)];
    expect(entry(there, 'created')?.facts).toMatchObject({
      session_type: 'IMPORTED',
      shared_from: { session_id: approved.session_id },
    });
    expect(entry(there, 'imported')?.facts).toMatchObject({ direction: 'in' });
    for (const kind of ['shared', 'imported']) expect(kindsOf(here), kind).toContain(kind);
    printed.push(JSON.stringify([there, here]));
    expect(JSON.stringify([there, here])).not.toContain(shared.body.share_token);
  });

  it('is itself in the audit log, and of an unknown session there is no story', async () => {
    const log = await waitFor('the record', async () => {
      const { body } = await api.get(`/v3/audit-logs/?path=${approved.session_id}`);
      return body.results?.find(
        (row: { path: string }) => row.path === `selfsame trace ${approved.session_id}`,
      );
    });
    expect(log).toMatchObject({ method: 'RUN' });
    const json = await selfsame(['trace', approved.session_id, '--json', '--data-dir', data]);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'selfsame.trace/1', found: true });
    const unknown = await selfsame(['trace', '00000000-0000-4000-8000-000000000000', '--data-dir', data]);
    expect([unknown.code, unknown.stdout]).toEqual([2, expect.stringContaining('There is no session')]);
    expect((await selfsame(['trace', 'not-an-id', '--data-dir', data])).code).toBe(1);
  });
});

describe('selfsame doctor', () => {
  it('finds nothing wrong with a system that runs, and exits with 0', async () => {
    const { code, stdout } = await selfsame(['doctor', '--data-dir', data, '--destinations']);
    expect(stdout).toContain('all is well');
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const { findings, healthy, schema } = await diagnosed();
    expect([healthy, schema]).toEqual([true, 'selfsame.doctor/1']);
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it('knows every consumer that a running system has, and no other', async () => {
    const known = Object.entries(listeners).flatMap(([service, events]) =>
      events.map((event) => `${service}-${event.replaceAll('.', '-')}`),
    );
    const seen = async () =>
      (await system.query('SELECT consumer FROM session.stream_readers')).map((row) => String(row.consumer));
    // One service looks for those of the others now and then.
    await waitFor('every consumer to be seen', async () => (await seen()).length >= known.length, {
      timeoutMs: 40_000,
    });
    expect(known.toSorted()).toEqual((await seen()).toSorted());
  });

  it('names a clock that is off, and by how much it may be', async () => {
    const late = await diagnosed({}, () => new Date(Date.now() - 45_000));
    for (const check of ['PostgreSQL', 'NATS', 'session'])
      expect(about(late.findings, 'clocks', check)).toMatchObject({
        status: 'failed',
        remedy: expect.stringContaining('NTP'),
      });
    const slightly = await diagnosed({}, () => new Date(Date.now() + 4_000));
    expect(about(slightly.findings, 'clocks', 'PostgreSQL')).toMatchObject({ status: 'warning' });
  });

  it('names a schema that is behind, one that is ahead, and dead letters', async () => {
    await system.query(`DELETE FROM share.schema_migrations WHERE name = 'records-0001-log'`);
    await system.query(`INSERT INTO session.schema_migrations (name) VALUES ('9999-of-tomorrow')`);
    await system.query(`INSERT INTO biometrics.dead_letters (consumer, event_id, subject, payload, headers, reason, deliveries)
      VALUES ('biometrics-session-deleted', 'e', 'selfsame.session.deleted', '', '{}', 'internal', 30)`);
    const { findings } = await diagnosed();
    expect(about(findings, 'database', 'schema of share')).toMatchObject({
      status: 'failed',
      text: expect.stringContaining('records-0001-log'),
      remedy: expect.stringContaining('services/share/src/migrate.ts'),
    });
    expect(about(findings, 'events', 'dead letters')).toMatchObject({
      remedy: expect.stringContaining('--service biometrics'),
    });
    await system.query(`INSERT INTO share.schema_migrations (name) VALUES ('records-0001-log')`);
    await system.query(`DELETE FROM session.schema_migrations WHERE name = '9999-of-tomorrow'`);
    await system.query('DELETE FROM biometrics.dead_letters');
  });

  it('names a weight that was altered and a key that is another', async () => {
    const assets = await mkdtemp(join(tmpdir(), 'selfsame-assets-'));
    await mkdir(join(assets, 'models'));
    await cp(join(assetsDirectory(), 'models'), join(assets, 'models'), { recursive: true });
    await appendFile(join(assets, 'models/face_quality_lightqnet_dm050_96x96.onnx'), 'x');
    const other = join(assets, 'data.json');
    await writeFile(
      other,
      JSON.stringify({ current: 'v1', keys: { v1: Buffer.alloc(32, 7).toString('base64') } }),
    );
    const { services, ...rest } = findDeployment(
      { dataDirectory: data, environmentDirectory: undefined, only: [] },
      { PATH: process.env.PATH },
    );
    const changed = services.map((service) => ({
      ...service,
      environment: {
        ...service.environment,
        SELFSAME_ASSETS: assets,
        ...(service.name === 'share' && { KEY_FILE: other }),
        ...(service.name === 'capture' && { CAPTURE_LIVE_SOCKETS: 'many' }),
      },
    }));
    const found = await diagnose({ ...rest, services: changed }, { destinations: false });
    printed.push(JSON.stringify(found));
    expect(
      wrong(found)
        .map(({ area, check }) => `${area}/${check}`)
        .sort(),
    ).toEqual(['assets/model weights', 'configuration/capture', 'keys/share']);
    expect(about(found.findings, 'assets', 'model weights')?.text).toContain(
      'face_quality_lightqnet_dm050_96x96.onnx is altered',
    );
    expect(about(found.findings, 'keys', 'share')?.remedy).toContain('docs/keys.md');
    expect(about(found.findings, 'configuration', 'capture')?.text).toContain('CAPTURE_LIVE_SOCKETS');
    await rm(assets, { recursive: true });
  });

  it('names a service that is down, NATS that is gone and what waits for it, and goes on looking', async () => {
    await Promise.all([system.kill('nats'), system.kill('share')]);
    const waiting = await createSession({ workflow_id: 'wf_liveness' });
    const found = await diagnosed();
    expect(found.healthy).toBe(false);
    expect(about(found.findings, 'events', 'stream')).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('start it'),
    });
    expect(about(found.findings, 'services', 'share')).toMatchObject({
      status: 'failed',
      remedy: expect.stringMatching(/starts share again.+share\.log$/),
    });
    expect(about(found.findings, 'services', 'gRPC of share')).toMatchObject({ status: 'failed' });
    expect(about(found.findings, 'database', 'PostgreSQL')).toMatchObject({ status: 'ok' });
    const told = await waitFor('the event has waited', async () => {
      const one = await traced(waiting.session_id);
      return one.problems.some(({ text }) => text.includes('session.status_changed is not published')) && one;
    });
    expect(told.status).toBe('Not Started');
    const { code, stdout } = await selfsame(['doctor', '--json', '--data-dir', data]);
    expect([code, (JSON.parse(stdout) as Diagnosis).healthy]).toEqual([1, false]);
  });

  it('says so when the database is gone, at once, and what could not be looked at', async () => {
    await system.kill('postgres');
    const found = await diagnosed();
    expect(about(found.findings, 'database', 'PostgreSQL')).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('start it'),
    });
    expect(about(found.findings, 'database', 'schema of session')).toMatchObject({ status: 'skipped' });
    expect(about(found.findings, 'assets', 'model weights')).toMatchObject({ status: 'ok' });
    const { code, stderr } = await selfsame([
      'trace',
      '00000000-0000-4000-8000-000000000000',
      '--data-dir',
      data,
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('PostgreSQL does not answer')]);
  });
});

it('nothing that was printed holds a key, a token, a person’s name or what was sealed', async () => {
  const secrets = JSON.parse(await readFile(join(data, 'secrets.json'), 'utf8')) as Record<string, string>;
  const files = ['data', 'biometric'].map(async (name) => {
    const { keys } = JSON.parse(await readFile(join(data, 'keys', `${name}.json`), 'utf8')) as {
      keys: Record<string, string>;
    };
    return Object.values(keys);
  });
  const hidden = [
    ...Object.values(secrets),
    ...(await Promise.all(files)).flat(),
    system.local.api_key,
    system.local.webhook_secret,
    system.local.partner.api_key,
    'user=ann',
    'user-',
  ];
  const everything = printed.join('\n');
  expect(everything.length).toBeGreaterThan(50_000);
  for (const secret of hidden) expect(everything.includes(secret), secret.slice(0, 6)).toBe(false);
  expect(everything).not.toMatch(/\/session\/[A-Za-z0-9_-]{20,}/);
});
