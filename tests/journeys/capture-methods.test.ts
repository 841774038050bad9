import { randomUUID } from 'node:crypto';
import { hasChromium } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Performance } from '../capture-cameras/camera-script.ts';
import { castOf, type Role } from '../capture-cameras/cast.ts';
import { type CreatedSession, someone, startWorld, type World } from '../harness/world.ts';
import { openVisitors, type Visitor, type VisitorOptions, type Visitors } from './visitors.ts';

/** Colours and turns, met and not met, in a real browser before a camera that sees the page. */
describe.skipIf(!hasChromium)('active looks in a browser', () => {
  let world: World;
  let visitors: Visitors;
  let flashing: Record<Role, Performance>;
  let turning: Record<Role, Performance>;

  beforeAll(async () => {
    [world, visitors, flashing, turning] = await Promise.all([
      startWorld(),
      openVisitors(),
      castOf('FLASHING'),
      castOf('ACTIVE_3D'),
    ]);
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await world?.stop();
  }, 60_000);

  /** Agrees and starts the look; the rest is the camera's. */
  async function showFace(workflow: string, options: VisitorOptions): Promise<[CreatedSession, Visitor]> {
    const session = await world.createSession({ workflow_id: workflow, vendor_data: someone() });
    const visitor = await visitors.arrive(session.session_url, options);
    await visitor.press(/agree/i);
    if (workflow === 'wf_flashing') await visitor.press(/^start$/i);
    return [session, visitor];
  }

  /** The one liveness check of a finished session. */
  async function checkOf(session: CreatedSession, status: string) {
    const webhook = await world.webhook(session.session_id, status, 40_000);
    const [check] = webhook.body.decision.liveness_checks;
    return { ...check, risks: check.warnings.map((warning: { risk: string }) => warning.risk) };
  }

  /** Bodies of the uploads of a visitor's page. */
  function uploadsOf({ context }: Visitor): { type: string; body: Buffer }[] {
    const uploads: { type: string; body: Buffer }[] = [];
    context.on('request', (request) => {
      const body = request.postDataBuffer();
      if (request.method() === 'POST' && /\/attempts\/[^/]+$/.test(request.url()) && body !== null)
        uploads.push({ type: request.headers()['content-type'] ?? '', body });
    });
    return uploads;
  }

  it('FLASHING: a face that reflects the colours is approved, and its frames serve no other session', async () => {
    const session = await world.createSession({ workflow_id: 'wf_flashing', vendor_data: someone() });
    const visitor = await visitors.arrive(session.session_url, { performance: flashing.person });
    const uploads = uploadsOf(visitor);
    await visitor.press(/agree/i);
    await visitor.press(/^start$/i);
    expect(await checkOf(session, 'Approved')).toMatchObject({ method: 'FLASHING', status: 'Approved' });
    await visitor.sees(/confirmed/i);
    await visitor.context.close();

    const upload = await waitFor('the upload', () => uploads[0]);
    const other = await world.createSession({ workflow_id: 'wf_flashing', vendor_data: someone() });
    const token = new URL(other.session_url).pathname.split('/').at(-1);
    const answer = await fetch(new URL(`/session/${token}/attempts/${randomUUID()}`, world.system.baseUrl), {
      method: 'POST',
      headers: { 'content-type': upload.type },
      body: new Uint8Array(upload.body),
    });
    expect(await answer.json()).toEqual({ result: 'stale' });
  });

  it('FLASHING: a print that throws the colours back evenly is declined', async () => {
    const [session, visitor] = await showFace('wf_flashing', { performance: flashing.print });
    expect((await checkOf(session, 'Declined')).risks).toContain('LIVENESS_FACE_ATTACK');
    await visitor.context.close();
  });

  it('FLASHING: a recording of another challenge is declined', async () => {
    const [session, visitor] = await showFace('wf_flashing', { performance: flashing.recording });
    expect((await checkOf(session, 'Declined')).risks).toContain('LIVENESS_FACE_ATTACK');
    await visitor.context.close();
  });

  it('ACTIVE_3D: a head that turns as asked is approved', async () => {
    const [session, visitor] = await showFace('wf_active_3d', { performance: turning.person });
    expect(await checkOf(session, 'Approved')).toMatchObject({ method: 'ACTIVE_3D', status: 'Approved' });
    await visitor.sees(/confirmed/i);
    await visitor.context.close();
  });

  it('ACTIVE_3D: a photo never gets through', async () => {
    const [session, visitor] = await showFace('wf_active_3d', { performance: turning.photo });
    await visitor.page.getByText(/we missed a movement/i).waitFor({ timeout: 40_000 });
    const decision = await world.api.get(`/v3/session/${session.session_id}/decision/`);
    expect(decision.body.status).toBe('In Progress');
    await visitor.context.close();
  });

  it('ACTIVE_3D: somebody who gives way to another on the way is declined', async () => {
    const [session, visitor] = await showFace('wf_active_3d', { performance: turning.swapped });
    expect((await checkOf(session, 'Declined')).risks).toContain('LIVENESS_FACE_ATTACK');
    await visitor.context.close();
  });

  it('colours are no dead end: less motion turns the head instead, and everybody may choose', async () => {
    const session = await world.createSession({ workflow_id: 'wf_flashing', vendor_data: someone() });
    const visitor = await visitors.arrive(session.session_url, {
      performance: turning.person,
      reducedMotion: 'reduce',
    });
    await visitor.press(/agree/i);
    expect(await checkOf(session, 'Approved')).toMatchObject({ method: 'ACTIVE_3D', status: 'Approved' });
    await visitor.context.close();
  });

  it('whoever can do neither takes a picture, and a person looks at it', async () => {
    const session = await world.createSession({ workflow_id: 'wf_active_3d', vendor_data: someone() });
    const visitor = await visitors.arrive(session.session_url);
    await visitor.press(/use another way/i);
    await visitor.press(/only a picture/i);
    await visitor.press(/agree/i);
    const check = await checkOf(session, 'In Review');
    expect(check).toMatchObject({ method: 'PASSIVE' });
    expect(check.risks).toContain('LIVENESS_METHOD_REPLACED');
    await visitor.sees(/closer look/i);
    await visitor.context.close();
  });

  it('axe finds nothing on any screen of these journeys', () => {
    const { screens, findings } = visitors.findings();
    expect(screens).toBeGreaterThan(8);
    expect(findings).toEqual([]);
  });
});
