import { hasChromium } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { someone, startWorld, type World } from '../harness/world.ts';
import { type EmbeddingHost, type Heard, startEmbeddingHost } from './embedding-host.ts';
import { openVisitors, type Visitors } from './visitors.ts';

/** The hosted page inside a customer's page, driven by the browser SDK that the field uses, as it is published. */
describe.skipIf(!hasChromium)('the hosted page in an iframe of the published SDK', () => {
  let world: World;
  let visitors: Visitors;
  let host: EmbeddingHost;

  beforeAll(async () => {
    [world, visitors, host] = await Promise.all([startWorld(), openVisitors(), startEmbeddingHost()]);
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await host?.close();
    await world?.stop();
  }, 60_000);

  const heardBy = (page: Page) => page.evaluate(() => (window as unknown as { heard: Heard }).heard);
  /** Types of what the hosted page has said: the SDK says some things itself, and then of no session. */
  const typesOf = ({ events }: Heard) =>
    events.filter(({ data }) => data?.sessionId !== undefined).map(({ type }) => type);
  const createSession = () => world.createSession({ workflow_id: 'wf_liveness', vendor_data: someone() });

  it('gets ready, started and completed, and the right result', async () => {
    const session = await createSession();
    const { page } = await visitors.arrive(host.pageFor(session.session_url));
    const hosted = page.frameLocator('iframe');
    await hosted.getByRole('button', { name: /agree/i }).click();
    await world.webhook(session.session_id, 'Approved', 30_000);
    const heard = await waitFor('the result', async () => {
      const now = await heardBy(page);
      return now.results.length > 0 && now;
    });
    const types = typesOf(heard);
    for (const type of ['ready', 'started', 'step_started', 'media_captured', 'completed'])
      expect(types).toContain(`didit:${type}`);
    expect(types.indexOf('didit:ready')).toBeLessThan(types.indexOf('didit:started'));
    expect(types.indexOf('didit:started')).toBeLessThan(types.indexOf('didit:completed'));
    expect(heard.results).toEqual([
      { type: 'completed', session: { sessionId: session.session_id, status: 'Approved' } },
    ]);
    expect(visitors.findings().findings).toEqual([]);
    await page.context().close();
  });

  it('hears that its user gave up', async () => {
    const session = await createSession();
    const { page } = await visitors.arrive(host.pageFor(session.session_url));
    await page
      .frameLocator('iframe')
      .getByRole('button', { name: /^leave/i })
      .click();
    await world.webhook(session.session_id, 'Not Finished', 30_000);
    const heard = await waitFor('the end', async () => {
      const now = await heardBy(page);
      return now.results.length > 0 && now;
    });
    expect(heard.results).toMatchObject([{ type: 'cancelled' }]);
    await page.context().close();
  });

  it('is shown by the origins that its application allows, and by no other', async () => {
    const allow = async (origins: string[]) => {
      const answer = await world.api.patch('/v3/customization/', { allowed_origins: origins });
      expect(answer.status).toBe(200);
    };
    const session = await createSession();
    await allow(['https://shop.example']);
    const refused = await visitors.arrive(host.pageFor(session.session_url));
    await waitFor('the browser to refuse it', () =>
      refused.page.frames().some((frame) => frame.url().startsWith('chrome-error:')),
    );
    expect(typesOf(await heardBy(refused.page))).toEqual([]);
    await refused.context.close();

    await allow([host.origin]);
    const shown = await visitors.arrive(host.pageFor(session.session_url));
    await shown.page.frameLocator('iframe').getByRole('button', { name: /agree/i }).waitFor();
    await shown.context.close();
    await allow([]);
  });
});
