import { hasChromium, openBrowser } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

/** One person with one browser: the selfie, the consent, and what follows from withdrawing it. */
describe.skipIf(!hasChromium)('a consent in a browser', () => {
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    [stage, browser] = await Promise.all([openStage(), openBrowser('genuine_p01')]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  }, 60_000);

  const press = (page: Page, name: RegExp) => page.getByRole('button', { name }).first().click();
  const sees = (page: Page, heading: RegExp) =>
    page.getByRole('heading', { name: heading }).first().waitFor();

  it('is given where the selfie was taken, lets the partner have the result, and ends what is open when it is withdrawn', async () => {
    const { bank, lender } = stage;
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const { body: session } = await bank.api.post('/v3/session/', {
      workflow_id: 'wf_first_verification',
      vendor_data: 'somebody-with-one-browser',
    });
    await page.goto(session.session_url);
    await press(page, /agree/i);
    await bank.webhook(session.session_id, 'Approved');

    const { body: asked } = await bank.api.post(`/v3/session/${session.session_id}/consents/`, {
      audience: 'partner_b',
      purpose: 'lending',
    });
    await page.goto(asked.consent_url);
    await sees(page, /Partner B/);
    await page
      .getByText(/loan|credit|lend/i)
      .first()
      .waitFor();
    await press(page, /agree/i);
    await sees(page, /you have agreed/i);
    const consent = await waitFor('the consent', async () => {
      const { body } = await bank.api.get(`/v3/consents/${asked.consent_id}/`);
      return body.status === 'given' && body;
    });
    // It was this browser that took the selfie: its key cannot be copied, and it has signed both.
    expect(consent.evidence.kind).toBe('selfie_device');

    const tokens = await Promise.all([stageShare(), stageShare()]);
    await page.goto(asked.consent_url);
    await press(page, /withdraw/i);
    await press(page, /withdraw/i);
    await sees(page, /withdrawn/i);
    for (const share_token of tokens) {
      const refused = await lender.api.post('/v3/session/import-shared/', {
        share_token,
        workflow_id: stage.signIn,
      });
      expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['share_token']]);
    }
    await context.close();

    async function stageShare(): Promise<string> {
      const { body } = await bank.api.post(`/v3/session/${session.session_id}/share/`, {
        audience: 'partner_b',
        purpose: 'lending',
      });
      return body.share_token;
    }
  });
});
