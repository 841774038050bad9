import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { Failure } from '@selfsame/runtime/errors';
import { chromiumPath, hasChromium, openBrowser } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtPage, centredFace, goodEvidence, startWorld, type World } from './harness.ts';

/** A look that changes nothing. */
const plainLook = {
  colors: {},
  fontFamily: '',
  fontWeight: '',
  fontUrl: '',
  logoSquareUrl: '',
  logoRectangularUrl: '',
  faviconUrl: '',
  privacyPolicyUrl: '',
  skipWelcomeScreen: false,
  hideProgressBar: false,
};

/** The page in a real browser with a camera that plays a video. */
describe.skipIf(!hasChromium)(`the page in ${chromiumPath}`, () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([
      startWorld(await builtPage(), { verdictWaitMs: 300 }),
      openBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });
  beforeEach(async () => {
    world.renew();
    world.script.session = { ...world.script.session, callback: `${world.url}/healthz?order=7` };
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

  const link = () => `${world.url}/session/${world.token}`;
  const arrive = async (address = link()): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(address);
    return page;
  };
  /** Goes there and waits until nothing is asked any more: a clock that is put forward would end the question. */
  const settle = async (page: Page, url: string) => {
    await page.clock.install();
    const opened = page.waitForResponse((response) => response.url().endsWith('/open'));
    await page.goto(url);
    await (await opened).finished();
  };
  const heading = (page: Page, text: string) => page.getByRole('heading', { name: text }).waitFor();
  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();

  it('offers another try after too many only when it counts, and says in the words of its user when', async () => {
    world.script.lock = { until: new Date(Date.now() + 600_000), isSubject: true };
    const page = await context.newPage();
    await settle(page, `${world.url}/de/session/${world.token}`);
    await heading(page, 'Zu viele Versuche');
    await page
      .getByText(/^Sie können es in 1[01] Minuten wieder versuchen, ab (\S+, )?\d?\d:\d\d Uhr\.$/)
      .waitFor();
    const again = page.getByRole('button', { name: 'Noch einmal versuchen' });
    expect(await again.isDisabled()).toBe(true);
    await page.clock.fastForward('06:00');
    await page
      .getByText(/ in [45] Minuten wieder /)
      .first()
      .waitFor();
    expect(await again.isDisabled()).toBe(true);
    await page.clock.fastForward('06:00');
    await page.getByRole('status').getByText('Sie können es jetzt wieder versuchen.').waitFor();
    world.script.lock = null;
    await again.click();
    await heading(page, 'Bestätigen Sie, dass Sie es sind');
  });

  it('lets a locked user go back to the application, and who only leaves is not sent for', async () => {
    world.script.lock = { until: new Date(Date.now() + 600_000), isSubject: true };
    const page = await arrive();
    await heading(page, 'Too many tries');
    await waitFor('the session is opened', () => world.seen.opens === 1);
    await press(page, 'Leave');
    await heading(page, 'You’ve left the check');
    await page.getByText(/You can try again in 1[01] minutes, from .+ on/).waitFor();
    expect(await page.getByRole('button', { name: 'Continue the check' }).isDisabled()).toBe(true);
    await waitFor('the session is left', () => world.script.session.status === 'Not Finished');
    await page.reload();
    // Who goes while the question is on its way may be overtaken by it.
    await waitFor('the session is opened again', () => world.script.session.status === 'In Progress');
    await page.getByRole('link', { name: /^Back to/ }).click();
    await page.waitForURL(/healthz\?order=7&verificationSessionId=.*&status=Not%20Finished$/);
    await waitFor('the session is left again', () => world.script.session.status === 'Not Finished');
    expect(world.seen.leaves).toBe(2);
  });

  it('learns at its welcome that another page has finished the check', async () => {
    const page = await context.newPage();
    await settle(page, link());
    await heading(page, 'Confirm it’s you');
    world.script.session = { ...world.script.session, status: 'Approved' };
    await page.clock.fastForward(6_000);
    await heading(page, 'This check is finished');
  });

  it('works after one request, and asks for the rest behind its first screen', async () => {
    const asked: string[] = [];
    context.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await context.route(/\/open$|capture-assets/, () => undefined);
    const page = await arrive();
    await press(page, 'Agree and continue');
    // Nothing but the page itself has been answered, and the camera is on its way.
    await page.locator('[data-state="asking"], [data-state="looking"]').waitFor();
    expect(asked[0]).toBe(`GET /session/${world.token}`);
    await context.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('says so at once when its link leads nowhere', async () => {
    await heading(await arrive(`${world.url}/session/no-such-token-here`), 'This link doesn’t work');
    world.script.sessionDown = new Failure('unavailable', 'down', 'down');
    const page = await arrive();
    await heading(page, 'We can’t reach the service');
    world.script.sessionDown = null;
    await press(page, 'Try again');
    await heading(page, 'Confirm it’s you');
  });

  it('offers gentler ways to those who need them, before anything flashes', async () => {
    world.renew({ livenessMethod: 'FLASHING', fallbackUrl: 'https://app.example/other' });
    const page = await arrive();
    await page.getByText('For a few seconds, changing colours').waitFor();
    await press(page, 'I’m sensitive to flashing light');
    await press(page, 'I can’t turn my head');
    await heading(page, 'Use another way');
    const fallback = page.getByRole('link', { name: 'Without a selfie' });
    expect(await fallback.getAttribute('href')).toBe('https://app.example/other');
    await press(page, 'Only a picture');
    await page.getByText('One picture, taken for you.').waitFor();
    await context.newPage().then(async (calm) => {
      await calm.emulateMedia({ reducedMotion: 'reduce' });
      await calm.goto(link());
      await calm.getByText('Follow three short instructions').waitFor();
    });
  });

  it('skips the explanations where the application wants it, never the consent', async () => {
    world.renew({ appearance: { ...plainLook, skipWelcomeScreen: true } });
    const page = await arrive();
    await page.getByText('Your picture is not kept').waitFor();
    expect(await page.locator('.steps').count()).toBe(0);
    expect(await page.locator('.card').getAttribute('data-state')).toBe('welcome');
    await page.getByRole('button', { name: 'Agree and continue' }).waitFor();
  });

  it('takes the frame by itself, shows the verdict and returns to the application', async () => {
    const page = await arrive();
    await press(page, 'Agree and continue');
    await heading(page, 'You’re confirmed');
    await page.waitForURL(/healthz/);
    const { sessionId } = world.script.session;
    expect(page.url()).toBe(
      `${world.url}/healthz?order=7&verificationSessionId=${sessionId}&status=Approved`,
    );
    const [look] = world.seen.verified;
    expect(look?.image.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    expect(look?.image.length).toBeGreaterThan(20_000);
  });

  it('can be worked by keyboard alone, in the language of the link', async () => {
    world.script.analyse = () => ({ ...centredFace, faceCount: 0, box: undefined });
    const page = await arrive(`${world.url}/de/session/${world.token}`);
    await heading(page, 'Bestätigen Sie, dass Sie es sind');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Bild aufnehmen', disabled: false }).waitFor();
    await page.getByRole('status').getByText('Gesicht in das Oval bringen').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await heading(page, 'Erfolgreich bestätigt');
  });

  it('says what was wrong with a frame, and the next one counts', async () => {
    world.script.verify = () => goodEvidence({ problem: FaceProblem.TOO_DARK });
    const page = await arrive();
    await press(page, 'Agree and continue');
    await page.getByText('It was too dark').waitFor();
    await page.getByText('2 tries left').waitFor();
    world.script.verify = () => goodEvidence();
    world.script.decide = () => 'Declined';
    await press(page, 'Try again');
    await heading(page, 'We couldn’t confirm it’s you');
    expect(world.seen.completed).toHaveLength(1);
  });

  it('offers a way out when the camera is refused, and another try works', async () => {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      let asked = 0;
      navigator.mediaDevices.getUserMedia = (wanted) =>
        asked++ === 0 ? Promise.reject(new DOMException('', 'NotAllowedError')) : real(wanted);
    });
    await page.goto(link());
    await press(page, 'Agree and continue');
    await heading(page, 'The camera is blocked');
    await press(page, 'Try again');
    await heading(page, 'You’re confirmed');
  });

  it('is Not Finished when it is closed, and the same link works again', async () => {
    world.script.analyse = () => ({ ...centredFace, faceCount: 0, box: undefined });
    const page = await arrive();
    await press(page, 'Agree and continue');
    await page.locator('.shutter:enabled').waitFor();
    await page.close({ runBeforeUnload: true });
    await waitFor('the session is left', () => world.script.session.status === 'Not Finished');
    const again = await arrive();
    await heading(again, 'Confirm it’s you');
    await press(again, 'Leave');
    await heading(again, 'You’ve left the check');
    await press(again, 'Continue the check');
    await heading(again, 'Confirm it’s you');
  });

  it('sends one frame as one attempt, however often the link drops', async () => {
    const urls: string[] = [];
    let drops = 2;
    await context.route(/\/attempts\/[^/]+$/, async (route) => {
      if (route.request().method() !== 'POST') return await route.continue();
      urls.push(route.request().url());
      if (drops-- > 0) await route.abort('connectionreset');
      else await route.continue();
    });
    const page = await arrive();
    await press(page, 'Agree and continue');
    await page.getByText('Connection lost').waitFor();
    await heading(page, 'You’re confirmed');
    expect(urls).toHaveLength(3);
    expect(new Set(urls).size).toBe(1);
    expect(world.seen.verified).toHaveLength(1);
  });

  it('works with the shutter when nobody answers for guidance, and waits for a late verdict', async () => {
    world.script.analyse = () => {
      throw new Failure('exhausted', 'queue_full', 'busy');
    };
    world.script.decide = () => null;
    const page = await arrive();
    await press(page, 'Agree and continue');
    await press(page, 'Take the picture');
    await heading(page, 'Almost there');
    world.script.session = { ...world.script.session, status: 'In Review' };
    await heading(page, 'We’re taking a closer look');
  });

  it('sends its frame again when what is known of it is lost', async () => {
    world.script.decide = () => null;
    const uploads: string[] = [];
    context.on('request', (request) => {
      if (/\/attempts\/[^/]+$/.test(request.url())) uploads.push(request.url());
    });
    const page = await arrive();
    await press(page, 'Agree and continue');
    await heading(page, 'Almost there');
    world.script.verify = () => {
      world.script.session = { ...world.script.session, status: 'Approved' };
      return goodEvidence();
    };
    await heading(page, 'You’re confirmed');
    expect(uploads).toHaveLength(2);
    expect(new Set(uploads).size).toBe(1);
    const [first, second] = world.seen.verified;
    expect(second?.image).toEqual(first?.image);
  });

  it('open in two tabs reaches one verdict, shown in both', async () => {
    const [first, second] = [await arrive(), await arrive()];
    await press(first, 'Agree and continue');
    await press(second, 'Agree and continue');
    await first.bringToFront();
    await heading(first, 'You’re confirmed');
    await second.bringToFront();
    await heading(second, 'You’re confirmed');
    expect(world.seen.verdicts).toBe(1);
  });

  it('tells the page that embeds it, in the contract’s words', async () => {
    world.script.session = { ...world.script.session, callback: '' };
    // Another origin: only what crosses by postMessage reaches it.
    const embedder = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<script>
          window.heard = [];
          addEventListener('message', (event) => heard.push(event.data));
        </script><iframe allow="camera" src="${link()}" width="400" height="700"></iframe>`);
    }).listen(0, '127.0.0.1');
    await once(embedder, 'listening');
    const page = await arrive(`http://127.0.0.1:${(embedder.address() as AddressInfo).port}/`);
    const frame = page.frameLocator('iframe');
    await frame.getByRole('button', { name: 'Agree and continue' }).click();
    await frame.getByRole('button', { name: 'Done' }).click();
    await page.waitForFunction(() =>
      JSON.stringify((window as unknown as { heard: unknown }).heard).includes('close_request'),
    );
    type Heard = { type: string; data: { sessionId: string; status?: string }; timestamp: number };
    const heard = await page.evaluate(() => (window as unknown as { heard: Heard[] }).heard);
    expect(heard.map(({ type }) => type)).toEqual(
      [
        ...['ready', 'started', 'step_started', 'media_started', 'media_captured'],
        ...['verification_submitted', 'step_completed', 'status_updated', 'completed', 'close_request'],
      ].map((name) => `didit:${name}`),
    );
    const { sessionId } = world.script.session;
    expect(heard.every(({ data }) => data.sessionId === sessionId)).toBe(true);
    expect(heard.find(({ type }) => type === 'didit:completed')?.data.status).toBe('Approved');
    expect(JSON.stringify(heard)).not.toContain(world.token);
    embedder.close();
  });

  it.each([
    ['Expired', 'This link has expired'],
    ['Approved', 'This check is finished'],
  ])('of a session that is %s says so', async (status, text) => {
    world.script.session = { ...world.script.session, status };
    await heading(await arrive(), text);
  });
});
