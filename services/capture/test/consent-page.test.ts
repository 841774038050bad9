import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConsentAnswer, ConsentStatus } from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { chromiumPath, hasChromium, openBrowser } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtPage, startWorld, type World } from './harness.ts';
import { askedConsent } from './share-neighbour.ts';

const yes = 'Yes, share it';
const no = 'No, don’t share';

/** The page that asks for a consent, in a real browser that keeps its key. */
describe.skipIf(!hasChromium)(`a consent in ${chromiumPath}`, () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld(await builtPage()), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });
  beforeEach(async () => {
    world.renew();
    world.script.consent = askedConsent({ callback: `${world.url}/healthz?order=7` });
    complaints.length = 0;
    context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    context.on('console', (message) => {
      if (/Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(String(error.error())));
  });
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  const link = () => `${world.url}/consent/${world.token}`;
  const arrive = async (): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(link());
    return page;
  };
  const heading = (page: Page, text: string) => page.getByRole('heading', { name: text }).waitFor();
  /** Presses as soon as a press counts. */
  const press = async (page: Page, name: string) => {
    await page.locator('button[aria-disabled="false"]', { hasText: name }).click();
  };
  const answers = () => world.seen.consentAnswers.map(({ answer }) => answer);

  it('is given with a key that is kept, told on to the application, and withdrawn by who comes back', async () => {
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(link());
    await heading(page, 'May Contoso Bank have your result?');
    await page.getByText('To open an account without another check.').waitFor();
    // Both answers look alike, and none of them has the focus.
    const looks = await page.locator('.answers button').evaluateAll((buttons) =>
      buttons.map((button) => {
        const { backgroundColor, color, fontWeight, fontSize } = getComputedStyle(button);
        const { width, height } = button.getBoundingClientRect();
        return [backgroundColor, color, fontWeight, fontSize, Math.round(width), Math.round(height)];
      }),
    );
    expect(looks[0]).toEqual(looks[1]);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');

    await press(page, yes);
    await heading(page, 'You have agreed');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('You have agreed');
    await page.getByText('To withdraw, open this link again.').waitFor();
    const target = `${world.url}/healthz?order=7&consent_id=${world.script.consent.consentId}&status=given`;
    expect(await page.getByRole('link', { name: 'Back to Northwind' }).getAttribute('href')).toBe(target);
    // It goes there by itself, unless its reader wants to stay.
    const gone = page.waitForURL(target);
    for (let second = 0; second < 12 && page.url() !== target; second += 1) await page.clock.runFor(1_000);
    await gone;

    await page.goto(link());
    await heading(page, 'You have agreed');
    await page.getByText('What you agreed to').click();
    await page.getByText('Your pictures, your face template, and where you were seen.').waitFor();
    await page.getByRole('button', { name: 'Withdraw consent' }).click();
    await heading(page, 'Withdraw your consent?');
    await press(page, 'No, keep it');
    await heading(page, 'You have agreed');
    await page.getByRole('button', { name: 'Withdraw consent' }).click();
    await press(page, 'Yes, withdraw');
    await heading(page, 'You have withdrawn your consent');
    await page.reload();
    await heading(page, 'You have withdrawn your consent');
    expect(answers()).toEqual([ConsentAnswer.AGREE, ConsentAnswer.WITHDRAW]);
    const [agreed, withdrawn] = world.seen.consentAnswers;
    expect(agreed?.shownMs).toBeGreaterThanOrEqual(1_000);
    expect(agreed?.devicePublicKey).toHaveLength(65);
    // The page was loaded twice meanwhile: the key is the browser's, not the page's.
    expect(withdrawn?.devicePublicKey).toEqual(agreed?.devicePublicKey);
  });

  it('is refused by keyboard alone, and nobody is sent on who wants to stay', async () => {
    const page = await arrive();
    await heading(page, 'May Contoso Bank have your result?');
    await page.locator('button[aria-disabled="false"]').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(no);
    await page.keyboard.press('Enter');
    await heading(page, 'You have said no');
    await page.getByRole('button', { name: 'Stay on this page' }).click();
    await page
      .getByText(/Continues by itself/)
      .first()
      .waitFor({ state: 'detached' });
    expect(await page.getByRole('button').count()).toBe(0);
    expect(answers()).toEqual([ConsentAnswer.REFUSE]);
  });

  it('takes no press that comes before its text was on the screen for a moment', async () => {
    const page = await context.newPage();
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(60_000);
    await page.goto(link());
    await page.getByRole('button', { name: yes }).dispatchEvent('click');
    await page.clock.runFor(900);
    await page.getByRole('button', { name: yes }).dispatchEvent('click');
    expect(await page.locator('button[aria-disabled="true"]').count()).toBe(2);
    await page.clock.runFor(200);
    await page.locator('button[aria-disabled="false"]').first().waitFor();
    expect(world.seen.consentTries).toEqual([]);
    await page.clock.resume();
    await press(page, yes);
    await heading(page, 'You have agreed');
  });

  it('is asked anew when its text has changed meanwhile', async () => {
    const page = await arrive();
    await heading(page, 'May Contoso Bank have your result?');
    const { callback, consentId } = world.script.consent;
    world.script.consent = askedConsent(
      { callback, consentId },
      { title: 'May Contoso Bank have everything?' },
    );
    await press(page, yes);
    await heading(page, 'May Contoso Bank have everything?');
    await page.getByText('This text has changed since you opened the page. Please read it again.').waitFor();
    expect(answers()).toEqual([]);
    await press(page, no);
    await heading(page, 'You have said no');
    expect(answers()).toEqual([ConsentAnswer.REFUSE]);
  });

  it('has one answer, whichever tab was first', async () => {
    const first = await arrive();
    const second = await arrive();
    await press(first, yes);
    await heading(first, 'You have agreed');
    await press(second, no);
    await heading(second, 'You have agreed');
    await second.getByText('This was already answered.').waitFor();
    expect(answers()).toEqual([ConsentAnswer.AGREE]);
  });

  it('says that an answer did not get through, and records the one that does', async () => {
    const page = await arrive();
    await heading(page, 'May Contoso Bank have your result?');
    await context.setOffline(true);
    await press(page, yes);
    await page.getByRole('alert').getByText('Your answer didn’t get through.').waitFor();
    await context.setOffline(false);
    await press(page, yes);
    await heading(page, 'You have agreed');
    expect(answers()).toEqual([ConsentAnswer.AGREE]);
  });

  it('is shown by itself when its answer got through and only the reply was lost', async () => {
    const page = await arrive();
    await heading(page, 'May Contoso Bank have your result?');
    await page.route('**/answer', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await press(page, yes);
    await page.getByRole('alert').getByText('Your answer didn’t get through.').waitFor();
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await heading(page, 'You have agreed');
  });

  it('is signed anew when the nonce on the screen is over', async () => {
    world.script.nonceLifetimeMs = -1;
    const page = await arrive();
    await heading(page, 'May Contoso Bank have your result?');
    world.script.nonceLifetimeMs = 600_000;
    await press(page, yes);
    await heading(page, 'You have agreed');
    expect(world.seen.consentTries.map(({ answer }) => answer)).toEqual([
      ConsentAnswer.AGREE,
      ConsentAnswer.AGREE,
    ]);
    expect(answers()).toEqual([ConsentAnswer.AGREE]);
  });

  it('cannot be given where no key is kept, which is said plainly; it can be refused', async () => {
    await context.addInitScript(() => {
      Object.defineProperty(window, 'indexedDB', { value: undefined });
    });
    const page = await arrive();
    await heading(page, 'You can’t agree in this browser');
    expect(await page.getByLabel('Copy this link').inputValue()).toBe(link());
    await page.getByRole('button', { name: yes }).dispatchEvent('click');
    await press(page, no);
    await heading(page, 'You have said no');
    expect(answers()).toEqual([ConsentAnswer.REFUSE]);
  });

  it('says what has become of a link, and one thing to do', async () => {
    world.script.consent = { ...world.script.consent, status: ConsentStatus.EXPIRED };
    const page = await arrive();
    await heading(page, 'This is over');
    await page.getByText('Nobody can obtain anything by this link.').waitFor();
    await page.getByRole('link', { name: 'Back to Northwind' }).waitFor();
    await page.goto(`${world.url}/consent/no-such-token-here`);
    await heading(page, 'This link doesn’t work');
    world.script.shareDown = new Failure('unavailable', 'down', 'down');
    await page.goto(link());
    await heading(page, 'We can’t reach the service');
    world.script.consent = askedConsent();
    world.script.shareDown = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'May Contoso Bank have your result?');
  });

  it('is inside of no other page', async () => {
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(`<!doctype html><iframe src="${link()}"></iframe>`);
    });
    await once(site.listen(0, '127.0.0.1'), 'listening');
    const { port } = site.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    try {
      const page = await context.newPage();
      await page.goto(origin);
      await waitFor('the browser refuses', () => page.frames()[1]?.url().startsWith('chrome-error:'));
      // It tells so, with the name of the policy.
      complaints.length = 0;
    } finally {
      site.closeAllConnections();
      site.close();
    }
  });
});
