import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetsDirectory, facePath } from '@selfsame/testing/assets';
import { hasChromium } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostedClient } from '../harness/hosted-client.ts';
import {
  type CreatedSession,
  type ReceivedWebhook,
  someone,
  startWorld,
  type World,
} from '../harness/world.ts';
import { openVisitors, type Visitor, type Visitors } from '../journeys/visitors.ts';

/**
 * The table of adaptive step-up, in a real browser against the whole system. Browsers that a test drives are found to be driven,
 * so the rules here are those of the table without the one about high risk.
 */
const newDevice = { field: 'usr_device_known', operator: 'equals', value: false };
const isSo = (field: string) => ({ field, operator: 'equals', value: true });
const rules = [
  { name: 'anonymous', logic: 'and', rules: [newDevice, isSo('ip_is_tor_exit')], action: 'ACTIVE_3D' },
  { name: 'known', logic: 'and', rules: [isSo('usr_device_known'), isSo('usr_ip_known')], action: 'SKIP' },
  { name: 'new', logic: 'and', rules: [], action: 'PASSIVE' },
];
const [home, elsewhere] = ['89.160.20.112', '2.125.160.216'];
const torExit = readFileSync(join(assetsDirectory(), 'ipdata/lists/tor-exit-nodes.txt'), 'utf8')
  .split('\n')
  .find((line) => /^\d+\.\d+\.\d+\.\d+$/.test(line)) as string;

describe.skipIf(!hasChromium)('adaptive step-up in a browser', () => {
  let world: World;
  let visitors: Visitors;

  beforeAll(async () => {
    world = await startWorld();
    visitors = await openVisitors('genuine_p01');
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await world?.stop();
  }, 60_000);

  /** With the face that the browsers' camera shows, taken elsewhere. */
  async function enrol(vendorData: string): Promise<void> {
    const session = await world.createSession({
      workflow_id: 'wf_first_verification',
      vendor_data: vendorData,
    });
    const client = hostedClient(session.session_url);
    await client.open();
    const video = readFileSync(facePath('video/genuine_p01.mjpeg'));
    const { status } = await client.attempt(video.subarray(0, video.indexOf(Buffer.from([0xff, 0xd9])) + 2));
    expect(status).toBe('Approved');
    await world.webhook(session.session_id, 'Approved');
  }

  const begin = (vendorData: string) =>
    world.createSession({ workflow_id: 'wf_adaptive', vendor_data: vendorData, adaptive: { rules } });

  /** The page as a trusted proxy in front of capture would pass it on: the proxy says where the client is. */
  async function arrive(session: CreatedSession, address: string, cookies: Cookies = []): Promise<Visitor> {
    const { pathname } = new URL(session.session_url);
    const origin = `http://127.0.0.1:${world.system.ports.capture.http}`;
    const visitor = await visitors.arrive('about:blank', {
      extraHTTPHeaders: { 'x-forwarded-for': address },
    });
    await visitor.context.addCookies(cookies);
    await visitor.page.goto(`${origin}${pathname}`);
    return visitor;
  }

  async function returns(visitor: Visitor, session: CreatedSession, address: string): Promise<void> {
    const origin = `http://127.0.0.1:${world.system.ports.capture.http}`;
    await visitor.context.setExtraHTTPHeaders({ 'x-forwarded-for': address });
    await visitor.page.goto(`${origin}${new URL(session.session_url).pathname}`);
  }

  async function approvedByFace(visitor: Visitor, session: CreatedSession): Promise<ReceivedWebhook> {
    await visitor.press(/agree/i);
    return world.webhook(session.session_id, 'Approved', 40_000);
  }

  /** What is known of this user: devices, and the networks that they were on. */
  async function known(vendorData: string): Promise<{ devices: number; networks: number }> {
    const { results } = (await world.api.get(`/v3/users/${vendorData}/devices/`)).body;
    const named = (name: string) =>
      results.filter((one: Record<string, unknown>) => one[name] != null).length;
    return { devices: named('device_fingerprint'), networks: named('network_fingerprint') };
  }

  /** Somebody who has passed one selfie at home on this browser. */
  async function recognised(): Promise<{ vendorData: string; visitor: Visitor }> {
    const vendorData = someone();
    await enrol(vendorData);
    const session = await begin(vendorData);
    const visitor = await arrive(session, home);
    const { body } = await approvedByFace(visitor, session);
    expect(body.decision.adaptive).toMatchObject({ action: 'PASSIVE', rule: 'new', skipped_selfie: false });
    // What an Approved selfie teaches is learned from the event, a moment after the webhook.
    await waitFor('the device is known', async () => (await known(vendorData)).devices > 0);
    return { vendorData, visitor };
  }

  it('a known device at a known address skips the selfie; a new address asks for one; another device too', async () => {
    const { vendorData, visitor } = await recognised();

    const skipped = await begin(vendorData);
    await returns(visitor, skipped, home);
    await visitor.page.getByRole('button', { name: /^continue to/i }).waitFor({ timeout: 30_000 });
    // Whoever only opens a page has agreed to nothing.
    expect((await world.api.get(`/v3/session/${skipped.session_id}/decision/`)).body.status).toBe(
      'In Progress',
    );
    await visitor.press(/^continue to/i);
    const { body } = await world.webhook(skipped.session_id, 'Approved', 30_000);
    expect(body.decision.adaptive).toMatchObject({ action: 'SKIP', rule: 'known', skipped_selfie: true });
    expect(body.decision.adaptive.because).toContain('usr_device_known = true');
    expect(body.decision.liveness_checks).toBe(null);

    const moved = await begin(vendorData);
    await returns(visitor, moved, elsewhere);
    const asked = await approvedByFace(visitor, moved);
    expect(asked.body.decision.adaptive).toMatchObject({ action: 'PASSIVE', skipped_selfie: false });
    expect(asked.body.decision.liveness_checks[0].status).toBe('Approved');

    // That of the enrolment, home, and this one.
    await waitFor('the new network is known', async () => (await known(vendorData)).networks === 3);
    await visitor.press(/forget this device/i);
    await waitFor('the device is forgotten', async () => (await known(vendorData)).devices === 0);
    const again = await begin(vendorData);
    await returns(visitor, again, home);
    await approvedByFace(visitor, again);
    await visitor.context.close();
  });

  it('a copied cookie without the key is a new device', async () => {
    const { vendorData, visitor } = await recognised();
    const cookies = await visitor.context.cookies();
    expect(cookies.map(({ name }) => name)).toContain('selfsame_device');

    const session = await begin(vendorData);
    const thief = await arrive(session, home, cookies);
    await world.webhook(session.session_id, 'In Progress', 20_000);
    await thief.press(/agree/i);
    const { body } = await world.webhook(session.session_id, 'Approved', 40_000);
    expect(body.decision.adaptive).toMatchObject({ action: 'PASSIVE', skipped_selfie: false });
    expect(body.decision.liveness_checks[0].status).toBe('Approved');
    await thief.context.close();
    await visitor.context.close();
  });

  it('a Tor exit on a new device asks for movements', async () => {
    const vendorData = someone();
    await enrol(vendorData);
    const session = await begin(vendorData);
    const visitor = await arrive(session, torExit);
    await visitor.press(/agree/i);
    // The page asks for the first movement instead of taking a picture by itself.
    const [asked] = await Promise.all([
      visitor.page.waitForResponse((response) => response.url().endsWith('/challenge')),
    ]);
    expect((await asked.json()).asked.method).toBe('ACTIVE_3D');
    await visitor.context.close();
  });

  it('an address that the client makes up changes nothing', async () => {
    const { vendorData, visitor } = await recognised();
    const session = await begin(vendorData);
    // Through the edge, which knows nobody in front of it: the header of the client is not believed.
    await visitor.context.setExtraHTTPHeaders({ 'x-forwarded-for': home, forwarded: `for=${home}` });
    await visitor.page.goto(session.session_url);
    await visitor.press(/agree/i);
    const { body } = await world.webhook(session.session_id, 'Approved', 40_000);
    expect(body.decision.adaptive).toMatchObject({ action: 'PASSIVE', skipped_selfie: false });
    expect(body.decision.ip_analyses[0].ip_address).toBe('127.0.0.1');
    await visitor.context.close();
  });
});

type Cookies = Parameters<BrowserContext['addCookies']>[0];
