import { hasChromium } from '@selfsame/testing/browser';
import type { Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Performance } from '../capture-cameras/camera-script.ts';
import { castOf, type Role } from '../capture-cameras/cast.ts';
import { type CreatedSession, someone, startWorld, type World } from '../harness/world.ts';
import { type LooseLink, openLooseLink } from './loose-link.ts';
import { openVisitors, type Visitor, type Visitors } from './visitors.ts';

/** What goes wrong between people, cameras and networks, in a real browser against the whole system. */
describe.skipIf(!hasChromium)('troubles before the camera', () => {
  let world: World;
  let visitors: Visitors;
  let turning: Record<Role, Performance>;
  let link: LooseLink;

  beforeAll(async () => {
    [world, visitors, turning] = await Promise.all([startWorld(), openVisitors(), castOf('ACTIVE_3D')]);
    link = await openLooseLink(world.system.baseUrl);
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await link?.close();
    await world?.stop();
  }, 60_000);

  const create = (workflow = 'wf_liveness', more: Record<string, unknown> = {}): Promise<CreatedSession> =>
    world.createSession({ workflow_id: workflow, vendor_data: someone(), ...more });

  /** Everything the page sends to `/attempts/…`. */
  function attemptsOf({ page }: Visitor): Request[] {
    const seen: Request[] = [];
    page.on('request', (request) => {
      if (/\/attempts\/[^/]+$/.test(request.url())) seen.push(request);
    });
    return seen;
  }

  async function isApprovedOnce({ session_id }: CreatedSession): Promise<void> {
    await world.webhook(session_id, 'Approved', 90_000);
    const verdicts = world
      .webhooks(session_id)
      .filter(({ body }) => ['Approved', 'Declined', 'In Review'].includes(body.status));
    expect(verdicts).toHaveLength(1);
  }

  it.each([
    ['NotFoundError', /no camera found/i],
    ['NotAllowedError', /camera is blocked/i],
  ])('%s: says what to do, and another camera goes on', async (cameraError, heading) => {
    const session = await create();
    const visitor = await visitors.arrive(session.session_url, { cameraError });
    await visitor.press(/agree/i);
    await visitor.sees(heading);
    await visitor.page.getByRole('button', { name: /try again/i }).waitFor();
    await visitor.context.close();
    expect((await world.api.get(`/v3/session/${session.session_id}/decision/`)).body.status).not.toBe(
      'Declined',
    );
  });

  it('a camera that is taken away in mid-turn costs nothing but the look', async () => {
    const session = await create('wf_active_3d');
    const visitor = await visitors.arrive(session.session_url, { performance: turning.person });
    await visitor.press(/agree/i);
    await visitor.page.locator('[data-pose]').waitFor({ timeout: 20_000 });
    await visitor.loseCamera();
    await visitor.sees(/camera has stopped/i);
    await visitor.press(/try again/i);
    await isApprovedOnce(session);
    await visitor.context.close();
  });

  it('a link that breaks in mid-upload for ten seconds: the rest is sent once it is back', async () => {
    const session = await create();
    const visitor = await visitors.arrive(link.through(session.session_url), {
      performance: turning.person,
    });
    const attempts = attemptsOf(visitor);
    link.breakUploadAfter(12_000, 10_000);
    await visitor.press(/agree/i);
    await visitor.page.getByText(/connection lost/i).waitFor({ timeout: 20_000 });
    await isApprovedOnce(session);
    await visitor.sees(/confirmed/i);
    expect(link.breaks).toBe(1);
    expect(new Set(attempts.map((attempt) => attempt.url())).size).toBe(1);
    // What had arrived was not sent twice.
    expect(attempts.at(-1)?.method()).toBe('PATCH');
    await visitor.context.close();
  });

  it('two taps are one look', async () => {
    const session = await create();
    const visitor = await visitors.arrive(session.session_url, { performance: turning.person });
    const attempts = attemptsOf(visitor);
    await visitor.page.getByRole('button', { name: /agree/i }).dblclick();
    const shutter = visitor.page.locator('.shutter:enabled');
    await shutter.evaluate((button: HTMLButtonElement) => {
      button.click();
      button.click();
    });
    await isApprovedOnce(session);
    await visitor.sees(/confirmed/i);
    expect(attempts.map((attempt) => attempt.method())).toEqual(['POST']);
    await visitor.context.close();
  });

  it('two devices with one link reach one verdict, and both show it', async () => {
    const session = await create();
    const devices = await Promise.all(
      [1, 2].map(() => visitors.arrive(session.session_url, { performance: turning.person })),
    );
    await Promise.all(devices.map((device) => device.press(/agree/i)));
    await isApprovedOnce(session);
    await Promise.all(devices.map((device) => device.sees(/confirmed|finished/i)));
    await Promise.all(devices.map((device) => device.context.close()));
  });

  it.each([
    ['initiator', 'desktop'],
    ['completer', 'phone'],
  ] as const)('hands over from a desktop to a phone; %s: the %s returns', async (callbackMethod, who) => {
    const callback = `${world.receiver.url}/back`;
    const session = await create('wf_liveness', { callback, callback_method: callbackMethod });
    const desktop = await visitors.arrive(session.session_url, {
      viewport: { width: 1280, height: 800 },
      isMobile: false,
      hasTouch: false,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await desktop.press(/continue on another device/i);
    await desktop.press(/copy the link/i);
    const address = await desktop.page.evaluate(() => navigator.clipboard.readText());
    const phone = await visitors.arrive(address, { performance: turning.person });
    await phone.press(/agree/i);
    await isApprovedOnce(session);
    const [goes, stays] = who === 'desktop' ? [desktop, phone] : [phone, desktop];
    await goes.page.waitForURL(/\/back\?/, { timeout: 30_000 });
    expect(new URL(goes.page.url()).searchParams.get('status')).toBe('Approved');
    await stays.page
      .getByText(/close this page|go back/i)
      .first()
      .waitFor();
    expect(new URL(stays.page.url()).pathname).toContain('/session/');
    await Promise.all([desktop.context.close(), phone.context.close()]);
  });

  it('offers the way without a selfie that the application has', async () => {
    const fallback = 'https://shop.example/without-selfie';
    const customised = await world.api.patch('/v3/customization/', { fallback_url: fallback });
    expect(customised.status).toBe(200);
    const session = await create();
    const visitor = await visitors.arrive(session.session_url);
    await visitor.press(/use another way/i);
    const way = visitor.page.getByRole('link', { name: /without a selfie/i });
    expect(await way.getAttribute('href')).toBe(fallback);
    await visitor.context.close();
  });

  it('axe finds nothing on any screen of these journeys', () => {
    const { screens, findings } = visitors.findings();
    expect(screens).toBeGreaterThan(8);
    expect(findings).toEqual([]);
  });
});
