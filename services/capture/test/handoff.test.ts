import { randomUUID } from 'node:crypto';
import { sessionStatusChanged } from '@selfsame/contracts/catalog';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { chromiumPath, hasChromium, openBrowser } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtPage, startWorld, type World } from './harness.ts';

/** One session on a computer and on a phone, in a real browser whose camera plays a video. */
describe.skipIf(!hasChromium)(`two devices, in ${chromiumPath}`, { timeout: 90_000 }, () => {
  let world: World;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld(await builtPage()), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });
  beforeEach(() => {
    world.renew({ isDesktopAllowed: true });
    world.script.session = { ...world.script.session, callback: `${world.url}/healthz?order=7` };
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  async function open(device: 'desktop' | 'phone', address: string): Promise<Page> {
    const context = await browser.newContext({
      locale: 'en-GB',
      permissions: ['camera', 'clipboard-read', 'clipboard-write'],
      ...(device === 'phone'
        ? {
            viewport: { width: 390, height: 844 },
            hasTouch: true,
            isMobile: true,
            userAgent:
              'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36',
          }
        : { viewport: { width: 1_280, height: 800 } }),
    });
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }
  const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();
  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const step = (page: Page, name: string) => page.locator('[aria-current=step]').getByText(name).waitFor();

  /** The verdict comes. */
  async function decide(status: string): Promise<void> {
    const { sessionId, callback } = world.script.session;
    world.script.session = { ...world.script.session, status };
    await world.bus.publish(
      sessionStatusChanged,
      randomUUID(),
      SessionStatusChanged.fromPartial({ sessionId, status, callback }),
    );
  }

  /** The desktop at its code, and the phone that has followed it. */
  async function handOver(): Promise<{ desktop: Page; phone: Page }> {
    const desktop = await open('desktop', `${world.url}/session/${world.token}`);
    await press(desktop, 'Continue on another device');
    // An address of this machine: no phone could open what a code would lead to.
    await desktop.getByText('This address works on this device only.').waitFor();
    expect(await desktop.locator('svg.code').count()).toBe(0);
    await press(desktop, 'Copy the link instead');
    await desktop.getByText('Link copied').waitFor();
    const link = await desktop.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(/\/session\/[\w-]+#from=[0-9a-f-]{36}$/);
    const phone = await open('phone', link);
    await step(desktop, 'Opened there');
    return { desktop, phone };
  }

  it('the computer follows what happens on the phone, and goes on with its verdict', async () => {
    const { desktop, phone } = await handOver();
    world.script.decide = () => null;
    await press(phone, 'Agree and continue');
    await step(desktop, 'Camera is on');
    await waitFor('the picture', () => world.seen.completed.length === 1);
    await step(desktop, 'Checking your picture');
    await decide('Approved');
    await phone.getByText('Go back to your other device').waitFor();
    await desktop.waitForURL(/healthz\?order=7&verificationSessionId=.*&status=Approved$/);
    expect(phone.url()).toContain('/session/');
    expect(world.seen.completed).toHaveLength(1);
  });

  it('where the one who took the picture goes on, the phone does and the computer says so', async () => {
    world.script.session = { ...world.script.session, callbackMethod: 'completer' };
    const { desktop, phone } = await handOver();
    await press(phone, 'Agree and continue');
    await phone.waitForURL(/healthz\?order=7&verificationSessionId=.*&status=Approved$/);
    await desktop.getByText('Go back to your other device').waitFor();
    expect(desktop.url()).toContain('/session/');
  });

  it('the computer takes it back: the camera of the phone goes off, and one verdict reaches both', async () => {
    world.script.analyse = () => new Promise(() => undefined);
    const { desktop, phone } = await handOver();
    await press(phone, 'Agree and continue');
    await step(desktop, 'Camera is on');
    await press(desktop, 'Continue here instead');
    await press(desktop, 'Agree and continue');
    await step(phone, 'Camera is on');
    expect(await phone.locator('video').count()).toBe(0);
    await desktop.locator('.shutter:enabled').click();
    await heading(desktop, 'You’re confirmed');
    await heading(phone, 'You’re confirmed');
    expect(world.seen.verdicts).toBe(1);
  });
});
