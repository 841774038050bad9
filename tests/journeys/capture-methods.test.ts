import { randomUUID } from 'node:crypto';
import { hasChromium } from '@selfsame/testing/browser';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Performance } from '../capture-cameras/camera-script.ts';
import { castOf, type Role } from '../capture-cameras/cast.ts';
import {
  type CreatedSession,
  type ReceivedWebhook,
  someone,
  startWorld,
  type World,
} from '../harness/world.ts';
import { openVisitors, type Visitor, type VisitorOptions, type Visitors } from './visitors.ts';

/** Colours and turns, met and not met, in a real browser before a camera that sees the page. */
describe.skipIf(!hasChromium)('active looks in a browser', () => {
  let world: World;
  let visitors: Visitors;
  let flashing: Record<Role, Performance>;
  let turning: Record<Role, Performance>;

  beforeAll(async () => {
    [world, visitors, flashing, turning] = await Promise.all([
      startWorld(),
      openVisitors(),
      castOf('FLASHING'),
      castOf('ACTIVE_3D'),
    ]);
  }, 120_000);

  afterAll(async () => {
    await visitors?.close();
    await world?.stop();
  }, 60_000);

  /** Agrees and starts the look; the rest is the camera's. */
  async function showFace(workflow: string, options: VisitorOptions): Promise<[CreatedSession, Visitor]> {
    const session = await world.createSession({ workflow_id: workflow, vendor_data: someone() });
    const visitor = await visitors.arrive(session.session_url, options);
    await visitor.press(/agree/i);
    return [session, visitor];
  }

  /** The one liveness check of a session, once it is decided; whoever is asked for another look takes it. */
  async function checkOf(session: CreatedSession, { page }: Visitor) {
    const isDecided = ({ body }: ReceivedWebhook) =>
      ['Approved', 'Declined', 'In Review'].includes(body.status);
    const webhook = await waitFor(
      `a verdict of session ${session.session_id}`,
      async () => {
        const decided = world.webhooks(session.session_id).find(isDecided);
        if (decided !== undefined) return decided;
        const again = page.getByRole('button', { name: /^try again$/i });
        if (await again.isVisible()) await again.click({ timeout: 5_000 }).catch(() => undefined);
        const start = page.getByRole('button', { name: /^start$/i });
        if (await start.isVisible()) await start.click({ timeout: 5_000 }).catch(() => undefined);
        return undefined;
      },
      { timeoutMs: 100_000, intervalMs: 250 },
    );
    const [check] = webhook.body.decision.liveness_checks;
    return { ...check, risks: check.warnings.map((warning: { risk: string }) => warning.risk) };
  }

  /**
   * Visits until one ends so, three at most. Camera, page and service share the cores of one machine here: where they starve
   * one another, frames come too late or too few to tell, and people would be asked back as well.
   */
  async function endsAs(status: 'Approved' | 'Declined', workflow: string, performance: Performance) {
    const seen: string[] = [];
    for (let visit = 1; ; visit += 1) {
      const [session, visitor] = await showFace(workflow, { performance });
      const check = await checkOf(session, visitor);
      seen.push(`${check.status} ${check.risks}`);
      if (check.status === status || visit === 3) {
        expect(check, seen.join('; ')).toMatchObject({ status, method: workflow.slice(3).toUpperCase() });
        return { check, visitor };
      }
      // No visit of an attack is ever approved.
      expect(check.status, seen.join('; ')).not.toBe('Approved');
      await visitor.context.close();
    }
  }

  async function isDeclined(workflow: string, performance: Performance): Promise<void> {
    const { check, visitor } = await endsAs('Declined', workflow, performance);
    expect(check.risks.join()).toMatch(/LIVENESS_FACE_ATTACK|LOW_LIVENESS_SCORE/);
    await visitor.context.close();
  }

  async function passes(workflow: string, performance: Performance): Promise<Visitor> {
    const { visitor } = await endsAs('Approved', workflow, performance);
    await visitor.sees(/confirmed/i);
    return visitor;
  }

  it('FLASHING: a person passes, and the frames serve no other session', async () => {
    const visitor = await passes('wf_flashing', flashing.person);
    const upload = (await visitor.uploads()).at(-1);
    await visitor.context.close();
    const other = await world.createSession({ workflow_id: 'wf_flashing', vendor_data: someone() });
    const token = new URL(other.session_url).pathname.split('/').at(-1);
    const answer = await fetch(new URL(`/session/${token}/attempts/${randomUUID()}`, world.system.baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.selfsame.capture' },
      body: new Uint8Array(upload ?? []),
    });
    expect(await answer.json()).toEqual({ result: 'stale' });
  });

  it('ACTIVE_3D: a person passes', async () => {
    await (await passes('wf_active_3d', turning.person)).context.close();
  });

  it('FLASHING declines a print that throws the colours back evenly, and a recording of another challenge', () =>
    Promise.all([isDeclined('wf_flashing', flashing.print), isDeclined('wf_flashing', flashing.recording)]));

  it('ACTIVE_3D declines somebody who gives way to another, and a photo gets nowhere', async () => {
    const photo = async () => {
      const [session, { page, context }] = await showFace('wf_active_3d', { performance: turning.photo });
      await page
        .getByText(/we didn.t see/i)
        .first()
        .waitFor({ timeout: 90_000 });
      const decision = await world.api.get(`/v3/session/${session.session_id}/decision/`);
      expect(decision.body.status).toBe('In Progress');
      await context.close();
    };
    await Promise.all([isDeclined('wf_active_3d', turning.swapped), photo()]);
  });

  it('whoever wants less motion on the screen is asked to turn the head instead of looking into flashes', async () => {
    const session = await world.createSession({ workflow_id: 'wf_flashing', vendor_data: someone() });
    const { press, page, context } = await visitors.arrive(session.session_url, {
      performance: turning.person,
      reducedMotion: 'reduce',
    });
    await press(/agree/i);
    await page.locator('[data-pose]').waitFor({ timeout: 20_000 });
    await context.close();
  });

  it('whoever can do neither takes a picture, and a person looks at it', async () => {
    const session = await world.createSession({ workflow_id: 'wf_active_3d', vendor_data: someone() });
    const visitor = await visitors.arrive(session.session_url);
    await visitor.press(/use another way/i);
    await visitor.press(/only a picture/i);
    await visitor.press(/agree/i);
    const check = await checkOf(session, visitor);
    expect(check).toMatchObject({ method: 'PASSIVE', status: 'In Review' });
    expect(check.risks).toContain('LIVENESS_METHOD_REPLACED');
    await visitor.sees(/closer look/i);
    await visitor.context.close();
  });

  it('axe finds nothing on any screen of these journeys', () => {
    const { screens, findings } = visitors.findings();
    expect(screens).toBeGreaterThan(8);
    expect(findings).toEqual([]);
  });
});
