import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromiumPath, hasChromium, openBrowser } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pageSignals } from '../../fraud-signals/src/domain/catalogue/page.ts';
import { type Facts, factKinds, readFact } from '../../fraud-signals/src/domain/facts.ts';
import { measureCollector } from './collector-cost.ts';
import { startCollectorSite } from './collector-site.ts';
import { builtPage, centredFace, startWorld, type World } from './harness.ts';

/** The page looks at its browser, proves its device, and goes on as the opening answers. */
describe.skipIf(!hasChromium)(`the opening of the page in ${chromiumPath}`, () => {
  let world: World;
  let built: string;
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    built = await builtPage();
    [world, browser] = await Promise.all([startWorld(built, { verdictWaitMs: 300 }), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });
  beforeEach(async () => {
    world.renew();
    world.script.session = { ...world.script.session, callback: '' };
    complaints.length = 0;
    context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      locale: 'en-GB',
      permissions: ['camera'],
    });
    context.on('console', (message) => {
      if (/Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(String(error.error())));
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  const arrive = async (): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${world.url}/session/${world.token}`);
    return page;
  };
  const opening = (at = 0) => waitFor('the opening', () => world.seen.openings[at]);
  const heading = (page: Page, text: string) => page.getByRole('heading', { name: text }).waitFor();
  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  /** What the page told, by name. */
  const toldIn = (facts: readonly { name: string; value?: { value: unknown } | undefined }[]) =>
    new Map(
      facts
        .filter(({ name }) => name.startsWith('page.'))
        .map(({ name, value }) => [name, plain(value?.value)]),
    );
  const keyOf = (at: number) =>
    Buffer.from(world.seen.openings[at]?.observation?.device?.keySha256 ?? []).toString('hex');

  it('costs no more than forty kilobytes, none of them in the first request', () => {
    const folder = join(built, 'capture-assets');
    const names = readdirSync(folder);
    const entry = names.find((name) => /^signals-.*\.js$/.test(name)) ?? '';
    const needed = new Set([entry]);
    // A set goes on to what is added while it is walked through.
    for (const name of needed) {
      const code = readFileSync(join(folder, name), 'utf8');
      for (const other of names.filter((each) => each.endsWith('.js') && code.includes(each)))
        needed.add(other);
    }
    const bytes = [...needed].map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
    const sum = bytes.reduce((all, each) => all + each, 0);
    print(`collector: ${sum} bytes, gzipped, in ${[...needed].join(', ')}`);
    expect(sum).toBeGreaterThan(5_000);
    expect(sum).toBeLessThanOrEqual(40_000);
    expect(readFileSync(join(built, 'index.html'), 'utf8')).not.toContain('OfflineAudioContext');
  });

  it('tells what is declared and nothing else, and most of the signals have a value', async () => {
    const page = await arrive();
    const told = toldIn((await opening()).observation?.facts ?? []);
    // A busy machine may leave something out of one visit, not of every one.
    for (let visit = 1; visit < visitsMax && told.size < fewestFacts; visit++) {
      await page.reload();
      for (const [name, value] of toldIn((await opening(visit)).observation?.facts ?? []))
        told.set(name, value);
    }
    expect([...told.keys()].filter((name) => !Object.hasOwn(factKinds, name))).toEqual([]);
    const facts = new Map([...told].map(([name, value]) => [name, readFact(name as never, value)])) as Facts;
    expect([...facts].filter(([, value]) => value === undefined)).toEqual([]);
    const valued = pageSignals.filter((signal) => signal.read(facts).state === 'value').map(({ id }) => id);
    print(`${valued.length} signals have a value at the opening: ${valued.join(', ')}`);
    expect(valued.length).toBeGreaterThanOrEqual(65);
  });

  it('proves its device by a key that stays with the browser, and no other browser has', async () => {
    const first = await arrive();
    const { visitNonce } = await opening();
    expect(visitNonce).toBe('a-nonce-of-this-visit');
    expect(keyOf(0)).toMatch(/^[0-9a-f]{64}$/);
    await first.reload();
    await opening(1);
    expect(keyOf(1)).toBe(keyOf(0));
    const other = await browser.newContext();
    await (await other.newPage()).goto(first.url());
    await opening(2);
    await other.close();
    expect(keyOf(2)).toMatch(/^[0-9a-f]{64}$/);
    expect(keyOf(2)).not.toBe(keyOf(0));
  });

  it('signs once more when its nonce was over', async () => {
    world.script.open = ({ visitNonce }) =>
      visitNonce === 'fresh' ? { wantsProofAgain: false } : { wantsProofAgain: true, visitNonce: 'fresh' };
    const page = await arrive();
    await opening(1);
    expect(world.seen.openings.map(({ visitNonce }) => visitNonce)).toEqual([
      'a-nonce-of-this-visit',
      'fresh',
    ]);
    expect(keyOf(1)).toBe(keyOf(0));
    await press(page, 'Agree and continue');
    await heading(page, 'You’re confirmed');
    expect(world.seen.openings).toHaveLength(2);
  });

  describe('that knows device and network', () => {
    /** What the page has sent to open the session, as it was sent. */
    let sent: { continues?: boolean; proof?: object; facts?: object }[];
    beforeEach(() => {
      world.script.open = ({ continues }) =>
        continues ? { status: 'Approved', skippedSelfie: true } : { offersSkip: true };
      sent = [];
      context.on('request', (request) => {
        if (request.url().endsWith('/open')) sent.push(request.postDataJSON() as (typeof sent)[number]);
      });
    });
    const offer = async (): Promise<Page> => {
      const page = await arrive();
      await page.getByText('recognises this device, so you don’t need a selfie').waitFor();
      return page;
    };
    const goOn = /^Continue to /;

    it('offers to go on without a selfie, and lets nobody in who only opens it', async () => {
      const page = await offer();
      await heading(page, 'Welcome back');
      await page.reload();
      await page.getByRole('button', { name: goOn }).waitFor();
      await opening(1);
      expect(world.script.session.status).toBe('In Progress');
      expect(sent.map(({ continues }) => continues)).toEqual([undefined, undefined]);
      expect(world.seen.openings.map(({ continues }) => continues)).toEqual([false, false]);
      expect(keyOf(0)).toMatch(/^[0-9a-f]{64}$/);
    });

    it('lets in who presses, by a signature over just that, and goes on to the application', async () => {
      world.script.session = { ...world.script.session, callback: `${world.url}/healthz?order=7` };
      const page = await offer();
      await page.getByRole('button', { name: goOn }).dblclick();
      await page.getByText('so no selfie was needed').waitFor();
      expect(sent.map(({ continues }) => continues)).toEqual([undefined, true]);
      const [opened, continued] = world.seen.openings;
      // Capture names a key and passes the nonce on only where the signature is over `{nonce}.continue`.
      expect(continued).toMatchObject({ continues: true, visitNonce: opened?.visitNonce });
      expect(keyOf(1)).toBe(keyOf(0));
      expect(toldIn(continued?.observation?.facts ?? []).size).toBeGreaterThan(0);
      expect(world.seen.challenges.size + world.seen.verified.length).toBe(0);
      await page.waitForURL(/healthz\?order=7&verificationSessionId=.*&status=Approved$/);
    });

    it('tells the page that embeds it as of any verdict', async () => {
      const page = await context.newPage();
      await page.route(/embedding-page$/, (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<script>
              window.heard = [];
              addEventListener('message', ({ data }) => heard.push([data.type, data.data.status]));
            </script><iframe src="${world.url}/session/${world.token}" width="400" height="700"></iframe>`,
        }),
      );
      await page.goto(`${world.url}/embedding-page`);
      await page.frameLocator('iframe').getByRole('button', { name: goOn }).click();
      await page.frameLocator('iframe').getByRole('button', { name: 'Done' }).waitFor();
      expect(await page.evaluate(() => (window as unknown as { heard: unknown }).heard)).toEqual([
        ['didit:ready', undefined],
        ['didit:started', undefined],
        ['didit:status_updated', 'Approved'],
        ['didit:completed', 'Approved'],
      ]);
    });

    it('signs the press with the newest nonce, and once more when that was over', async () => {
      world.script.open = ({ visitNonce, continues }) => {
        if (!continues) return { offersSkip: true, visitNonce: 'second' };
        if (visitNonce !== 'third') return { wantsProofAgain: true, visitNonce: 'third' };
        return { wantsProofAgain: false, status: 'Approved', skippedSelfie: true };
      };
      const page = await offer();
      await page.getByRole('button', { name: goOn }).click();
      await page.getByText('so no selfie was needed').waitFor();
      expect(world.seen.openings.map(({ visitNonce }) => visitNonce)).toEqual([
        'a-nonce-of-this-visit',
        'second',
        'third',
      ]);
      expect(new Set([keyOf(0), keyOf(1), keyOf(2)]).size).toBe(1);
    });

    it('asks for the selfie after all, in kind words, where the offer does not hold any more', async () => {
      world.script.open = ({ continues }) => (continues ? {} : { offersSkip: true });
      const page = await offer();
      await page.getByRole('button', { name: goOn }).click();
      await page.getByText('this time we do need a selfie').waitFor();
      await press(page, 'Agree and continue');
      await heading(page, 'You’re confirmed');
      expect(world.seen.verified).toHaveLength(1);
    });

    it('takes a selfie of who rather takes one', async () => {
      const page = await offer();
      await press(page, 'Take a selfie instead');
      await press(page, 'Agree and continue');
      await heading(page, 'You’re confirmed');
      expect(sent.map(({ continues }) => continues)).toEqual([undefined]);
    });

    it('offers nothing to who has begun before it has answered', async () => {
      let answer: (changes: object) => void = () => undefined;
      world.script.open = () => new Promise((resolve) => (answer = resolve));
      const page = await arrive();
      await press(page, 'Agree and continue');
      await opening();
      answer({ offersSkip: true });
      await heading(page, 'You’re confirmed');
      expect(world.seen.verified).toHaveLength(1);
      expect(sent.map(({ continues }) => continues)).toEqual([undefined]);
    });

    it('says so when the press does not get through, and another try does', async () => {
      const page = await offer();
      let lose: () => void = () => undefined;
      const isSeen = new Promise<void>((resolve) => (lose = resolve));
      await context.route(/\/open$/, (route) => isSeen.then(() => route.abort()));
      await page.getByRole('button', { name: goOn }).click();
      await page.getByRole('button', { name: goOn, disabled: true }).waitFor();
      await page.getByRole('status').getByText('One moment').waitFor({ state: 'attached' });
      lose();
      await heading(page, 'We can’t reach the service');
      await context.unrouteAll({ behavior: 'ignoreErrors' });
      await press(page, 'Try again');
      await page.getByRole('button', { name: goOn }).click();
      await page.getByText('so no selfie was needed').waitFor();
    });

    it('forgets the device before or after it lets in, when it is told to', async () => {
      const page = await offer();
      const before = keyOf(0);
      await context.route(/forget-device$/, (route) => route.abort());
      await press(page, 'Forget this device');
      await page.getByRole('status').getByText('That didn’t work').waitFor();
      await context.unrouteAll({ behavior: 'ignoreErrors' });
      await press(page, 'Forget this device');
      await page.getByText('This device is forgotten, so we ask for a selfie').waitFor();
      expect(world.seen.forgotten).toBe(1);
      world.script.session = { ...world.script.session, callback: '' };
      await page.reload();
      await opening(1);
      // The same browser is another device from then on.
      expect(keyOf(1)).not.toBe(before);
      await page.getByRole('button', { name: goOn }).click();
      await press(page, 'Forget this device');
      await page.getByRole('status').getByText('This device is forgotten').waitFor();
      expect(world.seen.forgotten).toBe(2);
    });
  });

  it('takes over the method that the opening asks for, however early the user begins', async () => {
    let answer: (changes: object) => void = () => undefined;
    world.script.open = () => new Promise((resolve) => (answer = resolve));
    const page = await arrive();
    await press(page, 'Agree and continue');
    await opening();
    await page.locator('.shutter:enabled').waitFor();
    // The camera is up, and nothing is asked for before it is known what.
    expect(world.seen.challenges.size).toBe(0);
    answer({ livenessMethod: 'ACTIVE_3D', otherMethods: ['FLASHING'] });
    await waitFor('the challenge', () => world.seen.challenges.size > 0);
    expect([...world.seen.challenges.values()].map(({ method }) => method)).toEqual(['ACTIVE_3D']);
    expect(world.seen.verified).toHaveLength(0);
  });

  it.each([
    [
      'keeps no keys',
      'delete window.indexedDB; Object.defineProperty(window, "indexedDB", { value: undefined });',
    ],
    ['has no WebCrypto', 'Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined });'],
  ])('works without a proof in a browser that %s', async (_what, script) => {
    await context.addInitScript({ content: script });
    const page = await arrive();
    expect((await opening()).observation?.device?.keySha256 ?? []).toHaveLength(0);
    await press(page, 'Agree and continue');
    await heading(page, 'You’re confirmed');
  });

  it('tells only that it runs when the code that looks does not come', async () => {
    await context.route(/capture-assets\/signals-/, (route) => route.abort());
    const page = await arrive();
    const told = toldIn((await opening()).observation?.facts ?? []);
    expect([...told.keys()]).toEqual(['page.user_agent']);
    await press(page, 'Agree and continue');
    await heading(page, 'You’re confirmed');
  });

  it('is opened without a fact when the service cannot read them', async () => {
    await context.route(/\/open$/, async (route) => {
      const { facts, ...rest } = route.request().postDataJSON() as { facts?: object };
      const postData = JSON.stringify({ ...rest, ...(facts ? { facts: { ...facts, 'page.x!': 1 } } : {}) });
      await route.continue({ postData });
    });
    const page = await arrive();
    await opening();
    await press(page, 'Agree and continue');
    await heading(page, 'You’re confirmed');
    expect(world.seen.openings).toHaveLength(1);
    await context.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('tells along with the picture how it was used, and never what the camera is called', async () => {
    world.script.analyse = () => ({ ...centredFace, faceCount: 0, box: undefined });
    const page = await arrive();
    await opening();
    const code = page.waitForResponse((response) => response.url().includes('/camera-facts-'));
    await press(page, 'Agree and continue');
    await (await code).finished();
    // The digest is made as soon as the code runs: one that is asked for after it comes after it.
    await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await crypto.subtle.digest('SHA-256', new Uint8Array(1));
    });
    await press(page, 'Take the picture');
    await heading(page, 'You’re confirmed');
    const [assessed] = world.seen.assessed;
    const told = toldIn(assessed?.observation?.facts ?? []);
    expect([...told.keys()].filter((name) => !Object.hasOwn(factKinds, name))).toEqual([]);
    expect(told.get('page.consent_ms')).toBeGreaterThan(0);
    expect(told.get('page.capture_ms')).toBeGreaterThan(0);
    expect(told.get('page.untrusted_events')).toBe(0);
    expect(told.get('page.camera_digest')).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify([...told])).not.toMatch(/fake_device/i);
  });

  it('takes little of the main thread, a little at a time', async () => {
    const site = await startCollectorSite();
    try {
      const { mainThreadMs, longestTaskMs, facts } = await measureCollector(browser, site, 'cost');
      print(
        `collector: ${mainThreadMs.toFixed(1)} ms of the main thread's processor time, longest task over 50 ms: ${longestTaskMs || 'none'}`,
      );
      expect(mainThreadMs).toBeGreaterThan(0);
      expect(Object.keys(facts).length).toBeGreaterThan(100);
    } finally {
      await site.close();
    }
  });
});

/** What Chromium tells in all but the camera's name. */
const fewestFacts = 110;
const visitsMax = 8;

/** Figures that a run leaves for people to read. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Lists come in a message of their own. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'items' in value ? value.items : (value ?? null);
}
