import { readFile } from 'node:fs/promises';
import { facePath } from '@selfsame/testing/assets';
import { hasChromium, openBrowser } from '@selfsame/testing/browser';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostedClient } from '../harness/hosted-client.ts';
import { verifyCanonical, verifyRaw } from '../harness/webhooks.ts';
import { someone, startWorld, type World } from '../harness/world.ts';

/** People before a camera, in a real browser, against the whole system. */
describe.skipIf(!hasChromium)('journeys in a browser', () => {
  let world: World;
  const browsers = new Map<string, Browser>();

  beforeAll(async () => {
    world = await startWorld();
  }, 120_000);

  afterAll(async () => {
    for (const browser of browsers.values()) await browser.close();
    await world?.stop();
  }, 60_000);

  async function pageWithCamera(camera: string): Promise<Page> {
    const browser = browsers.get(camera) ?? (await openBrowser(camera));
    browsers.set(camera, browser);
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 390, height: 844 } });
    return await context.newPage();
  }

  /** Enters the hosted page and agrees; the page takes the frame by itself. */
  async function showFace(camera: string, sessionUrl: string): Promise<Page> {
    const page = await pageWithCamera(camera);
    await page.goto(sessionUrl);
    await page.getByRole('button', { name: /agree/i }).click();
    return page;
  }

  it('enrols a person and signs them in with one selfie', async () => {
    const vendorData = someone();
    const enrolment = await world.createSession({
      workflow_id: 'wf_first_verification',
      vendor_data: vendorData,
    });
    const first = await showFace('genuine_p01', enrolment.session_url);
    await world.webhook(enrolment.session_id, 'Approved', 30_000);
    await first.context().close();

    const signIn = await world.createSession({
      workflow_id: 'wf_reauth',
      workflow_type: 'biometric_authentication',
      vendor_data: vendorData,
    });
    // Not the video with the turned head: which of its frames is taken, and so its score, depends on the moment.
    const second = await showFace('genuine_p01', signIn.session_url);
    const webhook = await world.webhook(signIn.session_id, 'Approved', 30_000);
    await second.context().close();

    const secret = world.secret;
    const signature = String(webhook.request.headers['x-signature-v2']);
    expect(verifyRaw(webhook.request.rawBody, signature, secret)).toBe(true);
    expect(verifyCanonical(webhook.request.rawBody, signature, secret)).toBe(true);
    expect(verifyRaw(webhook.request.rawBody, signature, `${secret}x`)).toBe(false);
    expect(webhook.body.face.similarity_score).toBeGreaterThan(0.7);
    expect(webhook.body.decision.face_matches[0].status).toBe('Approved');

    const decision = await world.api.get(`/v3/session/${signIn.session_id}/decision/`);
    expect(decision.body.status).toBe('Approved');
    expect(decision.body.liveness_checks[0]).toMatchObject({ method: 'PASSIVE', status: 'Approved' });
  });

  it("declines another person's selfie with LOW_FACE_MATCH_SIMILARITY", async () => {
    const vendorData = someone();
    await world.enrol(vendorData, 'img/p01_1.jpg');
    const session = await world.createSession({ workflow_id: 'wf_reauth', vendor_data: vendorData });
    const page = await showFace('genuine_p19', session.session_url);
    const webhook = await world.webhook(session.session_id, 'Declined', 30_000);
    await page.context().close();
    const risks = webhook.body.decision.face_matches[0].warnings.map((w: { risk: string }) => w.risk);
    expect(risks).toEqual(['LOW_FACE_MATCH_SIMILARITY']);
    expect(webhook.body.decision.liveness_checks[0].status).toBe('Approved');
  });

  it('declines a face on a screen with a liveness warning', async () => {
    const session = await world.createSession({ workflow_id: 'wf_liveness', vendor_data: someone() });
    const page = await showFace('spoof_screen', session.session_url);
    const webhook = await world.webhook(session.session_id, 'Declined', 30_000);
    await page.context().close();
    const [{ score, warnings }] = webhook.body.decision.liveness_checks;
    // Frames of this video, as a browser takes them, lie on both sides of the score that is called an attack.
    const attack = score <= 25 ? ['LIVENESS_FACE_ATTACK error'] : [];
    expect(warnings.map((w: { risk: string; log_type: string }) => `${w.risk} ${w.log_type}`)).toEqual([
      ...attack,
      'LOW_LIVENESS_SCORE error',
    ]);
  });

  it('shows a way out when the camera is refused, and loses nothing', async () => {
    const session = await world.createSession({ workflow_id: 'wf_liveness', vendor_data: someone() });
    const page = await showFace('refused', session.session_url);
    await page.getByRole('button', { name: /try again/i }).waitFor();
    expect(await page.getByRole('heading').first().textContent()).toMatch(/camera/i);
    await page.context().close();

    const later = await showFace('genuine_p01', session.session_url);
    await world.webhook(session.session_id, 'Approved', 30_000);
    await later.context().close();
  });

  it('a closed page is Not Finished and the same link works again', async () => {
    const session = await world.createSession({ workflow_id: 'wf_liveness', vendor_data: someone() });
    const page = await pageWithCamera('genuine_p01');
    await page.goto(session.session_url);
    await page.getByRole('button', { name: /agree/i }).waitFor();
    await world.webhook(session.session_id, 'In Progress');
    await page.close({ runBeforeUnload: true });
    await world.webhook(session.session_id, 'Not Finished');

    const again = await showFace('genuine_p01', session.session_url);
    await world.webhook(session.session_id, 'Approved', 30_000);
    await again.context().close();
    const order = world.webhooks(session.session_id).map((webhook) => webhook.body.status);
    expect(order.filter((status) => status === 'Approved')).toHaveLength(1);
    expect(order).toContain('Not Started');
  });

  it('an expired link gets a friendly page, an unknown one too', async () => {
    const session = await world.createSession({ workflow_id: 'wf_liveness', vendor_data: someone() });
    await world.system.query(
      `update session.sessions set expires_at = now() - interval '1 minute' where id = $1`,
      [session.session_id],
    );
    await world.webhook(session.session_id, 'Expired', 30_000);
    const page = await pageWithCamera('genuine_p01');
    await page.goto(session.session_url);
    await page.getByRole('heading', { name: /expired/i }).waitFor();
    await page.goto(new URL('/session/doesnotexist', world.system.baseUrl).href);
    await page.getByRole('heading', { name: /link/i }).waitFor();
    await page.context().close();
  });

  it('returns to the callback with session and status, keeping its own query', async () => {
    const callback = `${world.receiver.url}/back?order=7`;
    const session = await world.createSession({
      workflow_id: 'wf_liveness',
      vendor_data: someone(),
      callback,
    });
    const page = await showFace('genuine_p01', session.session_url);
    await page.waitForURL(/\/back\?/, { timeout: 30_000 });
    const returned = new URL(page.url());
    expect(Object.fromEntries(returned.searchParams)).toEqual({
      order: '7',
      verificationSessionId: session.session_id,
      status: 'Approved',
    });
    await page.context().close();
  });

  it('the demo: create an account, come back, sign in, watch the webhook', async () => {
    const page = await pageWithCamera('genuine_p01');
    await page.goto(`${world.system.baseUrl}/`);
    expect(new URL(page.url()).pathname).toBe('/demo/');
    const name = `ada-${Date.now()}`;
    await page.getByLabel(/name/i).first().fill(name);
    await page.getByRole('button', { name: /create account/i }).click();
    await page.getByRole('button', { name: /agree/i }).click();
    await page.waitForURL(/\/demo\//, { timeout: 30_000 });
    await page.locator('[data-status="Approved"][data-purpose="create"]').waitFor();

    await page
      .getByRole('button', { name: /sign in with a selfie/i })
      .first()
      .click();
    await page.getByRole('button', { name: /agree/i }).click();
    await page.getByTestId('signed-in').waitFor({ timeout: 30_000 });
    expect(await page.getByTestId('signed-in').textContent()).toContain(name);
    expect(await page.getByTestId('webhooks').textContent()).toContain('Approved');
    await page.context().close();
  });

  it('locks a user out after five selfies of another person, and then looks at no picture any more', async () => {
    const vendorData = someone();
    await world.enrol(vendorData, 'img/p01_1.jpg');
    const [own, other] = await Promise.all(
      ['img/p01_2.jpg', 'img/p19_1.jpg'].map((photo) => readFile(facePath(photo))),
    );
    const signIn = async (photo: Buffer) => {
      const session = await world.createSession({ workflow_id: 'wf_reauth', vendor_data: vendorData });
      const client = hostedClient(session.session_url);
      await client.open();
      return { session, answer: await client.attempt(photo) };
    };
    if (own === undefined || other === undefined) throw new Error('no photos');
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await signIn(other)).answer).toMatchObject({ result: 'verdict', status: 'Declined' });
    }
    const genuine = await signIn(own);
    expect(genuine.answer).toEqual((await signIn(other)).answer);
    expect(genuine.answer).toMatchObject({ httpStatus: 200, result: 'locked' });
    const decision = await world.api.get(`/v3/session/${genuine.session.session_id}/decision/`);
    expect(decision.body).toMatchObject({ status: 'In Progress', liveness_checks: null, face_matches: null });
    const page = await pageWithCamera('genuine_p01');
    await page.goto(genuine.session.session_url);
    await page.getByText(/You can try again in \d+ minutes, from .*\d:\d\d/).waitFor();
    await page.context().close();
  });
});
