import { hasChromium } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { someone, startWorld, type World } from '../harness/world.ts';
import { openVisitors, type Visitors } from './visitors.ts';

/** Colours that are nothing like the page's own, for a panel of either kind. */
const brands = {
  light: { color_primary: '#5b21b6', color_background: '#1e1b2e', color_panel_10: '#efe9f8' },
  dark: {
    color_primary: '#7dd3fc',
    color_panel: '#101018',
    color_background: '#000000',
    color_button_1: '#fde047',
  },
} as const;

describe.skipIf(!hasChromium)('the hosted page of an application with a brand', () => {
  let world: World;
  let visitors: Visitors;
  let workflow: string;

  beforeAll(async () => {
    [world, visitors] = await Promise.all([startWorld(), openVisitors()]);
    const { body } = await world.api.post('/v3/workflows/', {
      features: [{ feature: 'LIVENESS' }],
      is_white_label_enabled: true,
      is_desktop_allowed: true,
    });
    workflow = body.uuid;
    const logo = sharp({ create: { width: 96, height: 96, channels: 3, background: '#5b21b6' } });
    await customizeWithFiles({ image_square: await logo.png().toBuffer() });
    await customize({
      app_public_name: 'Acme Bank',
      border_radius_buttons: 3,
      font_family: 'Georgia',
      privacy_policy_url: 'https://acme.example/privacy',
      fallback_url: 'https://acme.example/another-way',
      callback_seconds: 60,
    });
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await world?.stop();
  }, 60_000);

  async function customize(body: Record<string, unknown>) {
    const answer = await world.api.patch('/v3/customization/', body);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  }

  async function customizeWithFiles(files: Record<string, Buffer>) {
    const body = new FormData();
    for (const [name, bytes] of Object.entries(files))
      body.append(name, new File([new Uint8Array(bytes)], name));
    const headers = { 'x-api-key': world.system.local.api_key };
    const answer = await fetch(`${world.system.baseUrl}/v3/customization/`, {
      method: 'PATCH',
      headers,
      body,
    });
    expect(answer.status).toBe(200);
  }

  /** Takes the colours of the other brand away and puts on those of this one. */
  async function paint(name: keyof typeof brands) {
    const fields = Object.keys({ ...brands.light, ...brands.dark });
    await customize({ ...Object.fromEntries(fields.map((field) => [field, null])), ...brands[name] });
  }

  const create = (workflow_id: string) => world.createSession({ workflow_id, vendor_data: someone() });

  const styleOf = (page: Page, selector: string, property: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element, name) => getComputedStyle(element)[name as never], property);

  it.each([
    // Each where the system wants the other scheme: a brand has one look.
    ['light', 'dark', 'rgb(255, 255, 255)', 'rgb(91, 33, 182)', 'rgb(255, 255, 255)'],
    ['dark', 'light', 'rgb(16, 16, 24)', 'rgb(253, 224, 71)', 'rgb(0, 0, 0)'],
  ] as const)(
    'a %s brand in a %s system: every screen is its own and can be read',
    async (name, colorScheme, ...drawn) => {
      await paint(name);
      const session = await create(workflow);
      const problems: string[] = [];
      const visitor = await visitors.arrive('about:blank', { colorScheme });
      visitor.page.on(
        'console',
        (message) =>
          message.type() === 'error' && problems.push(`${message.text()} ${message.location().url}`),
      );
      await visitor.page.goto(session.session_url);

      await visitor.sees(/./);
      expect(await visitor.page.locator('header').textContent()).toContain('Acme Bank');
      const logo = visitor.page.locator('header img');
      await waitFor('the logo', () =>
        logo.evaluate((image) => (image as HTMLImageElement).naturalWidth === 96),
      );
      expect([
        await styleOf(visitor.page, '.card', 'backgroundColor'),
        await styleOf(visitor.page, '.primary', 'backgroundColor'),
        await styleOf(visitor.page, '.primary', 'color'),
        await styleOf(visitor.page, '.primary', 'borderRadius'),
      ]).toEqual([...drawn, '3px']);
      expect(await styleOf(visitor.page, 'h1', 'fontFamily')).toContain('Georgia');
      expect(await visitor.page.getByRole('link', { name: /privacy/i }).getAttribute('href')).toBe(
        'https://acme.example/privacy',
      );

      await visitor.press(/another way/i);
      const other = visitor.page.getByRole('link', { name: /without a selfie/i });
      expect(await other.getAttribute('href')).toBe('https://acme.example/another-way');
      await visitor.press(/go back/i);
      await visitor.press(/agree/i);
      await world.webhook(session.session_id, 'Approved', 30_000);
      const verdict = visitor.page.locator('[data-state="verdict"] h1');
      await waitFor(
        'axe to have seen the verdict',
        async () => visitor.screens.at(-1)?.screen === (await verdict.textContent()),
      );
      expect(
        visitor.screens.flatMap(({ screen, findings }) => findings.map((one) => `${screen}: ${one}`)),
      ).toEqual([]);
      expect(problems).toEqual([]);
      await visitor.context.close();
    },
  );

  it('without white label the page looks as ever, and still offers the other way', async () => {
    await paint('light');
    const session = await create('wf_liveness');
    const visitor = await visitors.arrive(session.session_url, { colorScheme: 'light' });
    await visitor.sees(/./);
    expect(await visitor.page.locator('header img').count()).toBe(0);
    expect(await styleOf(visitor.page, '.primary', 'backgroundColor')).toBe('rgb(10, 108, 93)');
    await visitor.press(/another way/i);
    await visitor.page.getByRole('link', { name: /without a selfie/i }).waitFor();
    await visitor.context.close();
  });
});
