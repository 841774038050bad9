import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { facePath } from '@selfsame/testing/assets';
import { waitFor } from '@selfsame/testing/wait';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyCanonical, verifyRaw } from '../harness/webhooks.ts';
import { someone, startWorld, type World } from '../harness/world.ts';

/** An application that checks single pictures, against the whole system and its real models. */
describe('standalone calls', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ BIOMETRICS_AGE_MODEL: 'true' });
  }, 120_000);

  afterAll(async () => {
    await world?.stop();
  }, 60_000);

  const photo = async (name: string) => new File([await readFile(facePath(name))], name.replace('/', '-'));

  async function call(path: string, fields: Record<string, string | File>) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const response = await fetch(new URL(`/v3/${path}/`, world.system.baseUrl), {
      method: 'POST',
      headers: { 'x-api-key': world.system.local.api_key },
      body: form,
      signal: AbortSignal.timeout(15_000),
    });
    // biome-ignore lint/suspicious/noExplicitAny: an outside caller has no types of ours
    return { status: response.status, body: (await response.json()) as any };
  }

  /** The call's webhook has come, and its signature holds. */
  async function webhookOf(requestId: string, status: string) {
    const { request, body } = await world.webhook(requestId, status);
    const signature = String(request.headers['x-signature-v2']);
    expect(verifyRaw(request.rawBody, signature, world.secret)).toBe(true);
    expect(verifyCanonical(request.rawBody, signature, world.secret)).toBe(true);
    expect(verifyRaw(request.rawBody, signature, `${world.secret}x`)).toBe(false);
    expect(body).toMatchObject({ workflow_id: null, sequence: 1, decision: { session_id: requestId } });
    return body;
  }

  const risks = (warnings: { risk: string }[]) => warnings.map(({ risk }) => risk);

  it('approves a living face, tells of it and enrols it: its user signs in with it', async () => {
    const vendorData = someone();
    const { status, body } = await call('passive-liveness', {
      user_image: await photo('img/p01_1.jpg'),
      vendor_data: vendorData,
      metadata: '{"case":"A-1"}',
    });
    expect(status).toBe(200);
    expect(body.liveness).toMatchObject({ status: 'Approved', method: 'PASSIVE' });
    expect(body.liveness.user_image.entities).toHaveLength(1);
    const webhook = await webhookOf(body.request_id, 'Approved');
    expect(webhook).toMatchObject({ vendor_data: vendorData, metadata: { case: 'A-1' } });

    const decision = await world.api.get(`/v3/session/${body.request_id}/decision/?include=events`);
    expect(decision.body).toMatchObject({ status: 'Approved', session_type: 'API', session_url: null });
    const list = await world.api.get(`/v3/sessions/?session_type=API&vendor_data=${vendorData}`);
    expect(list.body.results[0].session_id).toBe(body.request_id);
    await waitFor('the face is enrolled', async () => {
      const session = await world.api.post('/v3/session/', {
        workflow_id: 'wf_reauth',
        vendor_data: vendorData,
      });
      return session.status === 201;
    });
  });

  it('declines a screen, a picture without a face and one too dark, each for its own reason', async () => {
    const screen = await call('passive-liveness', { user_image: await photo(await aSpoof()) });
    expect(screen.body.liveness.status).toBe('Declined');
    expect(risks(screen.body.liveness.warnings)).toContain('LOW_LIVENESS_SCORE');
    await webhookOf(screen.body.request_id, 'Declined');

    const landscape = await call('passive-liveness', { user_image: await photo('edge/no_face.jpg') });
    expect(landscape.body.liveness).toMatchObject({ status: 'Declined', score: null });
    expect(risks(landscape.body.liveness.warnings)).toEqual(['NO_FACE_DETECTED']);
    expect(landscape.body.liveness.user_image.entities).toEqual([]);

    const dark = await call('passive-liveness', { user_image: await photo('edge/dark.jpg') });
    expect(dark.body.liveness.status).toBe('Declined');
    expect(risks(dark.body.liveness.warnings)).toContain('LOW_FACE_LUMINANCE');
    expect(risks(dark.body.liveness.warnings)).not.toContain('LOW_LIVENESS_SCORE');
  });

  async function aSpoof(): Promise<string> {
    const rows = (await readFile(facePath('spoof.csv'), 'utf8')).trim().split('\n');
    const row = rows.find((line) => line.endsWith(',spoof,recapture'));
    if (row === undefined) throw new Error('no spoof among the sample faces');
    return row.split(',')[0] ?? '';
  }

  it('several faces only warn', async () => {
    const { body } = await call('passive-liveness', {
      user_image: await photo('edge/two_faces.jpg'),
      face_liveness_score_decline_threshold: '0',
      save_api_request: 'false',
    });
    expect(body.liveness.status).toBe('Approved');
    expect(body.liveness.user_image.entities.length).toBeGreaterThan(1);
    expect(risks(body.liveness.warnings)).toContain('MULTIPLE_FACES_DETECTED');
  });

  it('sets a picture that lies on its side upright', async () => {
    const upright = await readFile(facePath('img/p01_1.jpg'));
    const lying = new File([await sharp(upright).rotate(90).jpeg().toBuffer()], 'lying.jpg');
    const fields = { user_image: lying, ref_image: await photo('img/p01_2.jpg'), save_api_request: 'false' };
    const turned = await call('face-match', { ...fields, rotate_image: 'true' });
    expect(turned.body.face_match).toMatchObject({ status: 'Approved', user_image: { best_angle: 270 } });
    const asItIs = await call('face-match', fields);
    expect(asItIs.body.face_match.user_image.best_angle).toBe(0);
  });

  it('says whether two pictures show one person', async () => {
    const user_image = await photo('img/p01_1.jpg');
    const same = await call('face-match', { user_image, ref_image: await photo('img/p01_3.jpg') });
    expect(same.body.face_match.status).toBe('Approved');
    expect(same.body.face_match.score).toBeGreaterThan(70);
    const body = await webhookOf(same.body.request_id, 'Approved');
    expect(body.face.similarity_score).toBeCloseTo(same.body.face_match.score / 100, 4);

    const other = await call('face-match', { user_image, ref_image: await photo('img/p19_1.jpg') });
    expect(other.body.face_match.status).toBe('Declined');
    expect(risks(other.body.face_match.warnings)).toEqual(['LOW_FACE_MATCH_SIMILARITY']);
    await webhookOf(other.body.request_id, 'Declined');

    const nobody = await call('face-match', { user_image, ref_image: await photo('edge/no_face.jpg') });
    expect(risks(nobody.body.face_match.warnings)).toEqual(['NO_REFERENCE_IMAGE']);
  });

  it('finds who looks like a face, until that session is deleted', async () => {
    const enrolled = await call('passive-liveness', { user_image: await photo('img/p04_1.jpg') });
    const search = async () => {
      const fields = { user_image: await photo('img/p04_2.jpg'), save_api_request: 'false' };
      return (await call('face-search', fields)).body.face_search.matches as { session_id: string }[];
    };
    const isThere = async () =>
      (await search()).find(({ session_id }) => session_id === enrolled.body.request_id);
    const match = await waitFor('the enrolled face is found', isThere);
    expect(match).toMatchObject({
      status: 'Approved',
      api_service: 'PASSIVE_LIVENESS',
      vendor_data: null,
      is_blocklisted: false,
      source: 'session',
    });
    expect((await world.api.delete(`/v3/session/${enrolled.body.request_id}/delete/`)).status).toBe(204);
    await waitFor('it is found no more', async () => !(await isThere()));

    const recorded = await call('face-search', { user_image: await photo('img/p04_2.jpg') });
    expect(recorded.body.face_search.status).toBe('Approved');
    await webhookOf(recorded.body.request_id, 'Approved');
    const landscape = await call('face-search', { user_image: await photo('edge/no_face.jpg') });
    expect(landscape).toEqual({ status: 400, body: { error: 'No face detected in the image' } });
  });

  it('estimates an age where the model is loaded', async () => {
    const { body } = await call('age-estimation', { user_image: await photo('img/p05_1.jpg') });
    expect(body.age_estimation.status).toBe('Approved');
    expect(body.age_estimation.age_estimation).toBeGreaterThan(50);
    const [entity] = body.age_estimation.user_image.entities;
    expect(entity).toMatchObject({ age: body.age_estimation.age_estimation, gender: null, race: null });
    await webhookOf(body.request_id, 'Approved');
    const young = { user_image: await photo('img/p01_1.jpg'), age_estimation_decline_threshold: '30' };
    const declined = await call('age-estimation', young);
    expect(declined.body.age_estimation.status).toBe('Declined');
    expect(risks(declined.body.age_estimation.warnings)).toEqual(['AGE_BELOW_MINIMUM']);
  });

  it('leaves no trace of a call that is not to be recorded', async () => {
    const vendorData = someone();
    const kept = async () => {
      const [row] = await world.system.query(`SELECT
        (SELECT count(*) FROM session.sessions) + (SELECT count(*) FROM session.attempts) AS sessions`);
      return row?.sessions;
    };
    const before = await kept();
    const fields = { vendor_data: vendorData, save_api_request: 'false' };
    const { body } = await call('passive-liveness', { ...fields, user_image: await photo('img/p02_7.jpg') });
    expect(body.liveness.status).toBe('Approved');
    expect(await kept()).toBe(before);
    const faces = await world.system.query(
      'SELECT kind FROM biometrics.templates WHERE session_id IS NULL OR session_id IN ($1, $2)',
      ['', body.request_id],
    );
    expect(faces).toEqual([]);
    expect((await world.api.get(`/v3/session/${body.request_id}/decision/`)).status).toBe(404);
    expect(world.webhooks(body.request_id)).toEqual([]);
  });

  it('refuses what is no picture, too large or not what it says', async () => {
    const large = new File([new Uint8Array(5 * 1024 * 1024 + 1)], 'large.jpg');
    expect(await call('passive-liveness', { user_image: large })).toEqual({
      status: 400,
      body: { user_image: ['File size should not exceed 5 MB'] },
    });
    const whole = await readFile(facePath('img/p01_1.jpg'));
    const cut = new File([whole.subarray(0, whole.length / 2)], 'cut.jpg');
    const broken = await call('passive-liveness', { user_image: cut });
    expect(broken).toEqual({
      status: 400,
      body: { error: 'user_image: The image is damaged or incomplete.' },
    });
    const page = new File(['<html></html>'], 'page.png');
    expect((await call('passive-liveness', { user_image: page })).status).toBe(400);
    expect((await call('passive-liveness', { user_image: new File([whole], 'face.pdf') })).status).toBe(400);
    expect(await uploadThatLies()).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  /** A form that says it is larger than any, through the gateway. @returns the answer's beginning */
  function uploadThatLies(): Promise<string> {
    const { hostname, port } = new URL(world.system.baseUrl);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      socket.once('data', (chunk) => {
        resolve(chunk.toString('latin1'));
        socket.destroy();
      });
      socket.once('error', reject);
      const head = [
        'POST /v3/passive-liveness/ HTTP/1.1',
        `Host: ${hostname}`,
        `x-api-key: ${world.system.local.api_key}`,
        'Content-Type: multipart/form-data; boundary=xx',
        'Content-Length: 999999999',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n--xx\r\n`);
    });
  }
});
