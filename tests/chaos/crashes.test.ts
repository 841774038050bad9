import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { facePath } from '@selfsame/testing/assets';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HostedClient, hostedClient } from '../harness/hosted-client.ts';
import { someone, startWorld, type World } from '../harness/world.ts';

/**
 * kill -9 of each service between its steps. The step is pinned by stopping what comes next (a frozen neighbour, a
 * locked row, a bus that is down), so that the killed service is known to stand between its own effect and the next
 * one. Afterwards: exactly one verdict, and its webhook under one event_id. NATS is killed rather than frozen: a frozen
 * one still reads from its socket what a dead process wrote.
 */
describe('kill -9 between the steps', () => {
  let world: World;
  let frame: Buffer;

  beforeAll(async () => {
    world = await startWorld();
    frame = await readFile(facePath('img/p01_1.jpg'));
  }, 120_000);

  afterAll(async () => {
    await world?.stop();
  }, 60_000);

  // A test that fails half-way leaves nothing frozen for the next.
  afterEach(() => {
    world.system.resume('biometrics');
    world.receiver.answer(() => ({ status: 200 }));
  });

  async function openedSession(workflow = 'wf_liveness') {
    const session = await world.createSession({ workflow_id: workflow, vendor_data: someone() });
    const client = hostedClient(session.session_url);
    // Who has just been started may not have been found again.
    await waitFor('the page opens', () => client.open(), { timeoutMs: 20_000, intervalMs: 200 });
    await world.webhook(session.session_id, 'In Progress');
    return { id: session.session_id, client, attemptId: randomUUID() };
  }

  /** What the page does: the same attempt again until the session has a verdict. */
  async function persist(client: HostedClient, attemptId: string): Promise<void> {
    await waitFor(
      'a verdict for the repeated attempt',
      async () => {
        const answer = await client.attempt(frame, attemptId, { timeoutMs: 4_000 }).catch(() => undefined);
        if (answer?.result === 'verdict') return true;
        const state = await client.state().catch(() => undefined);
        return state?.status === 'Approved';
      },
      { timeoutMs: 60_000, intervalMs: 250 },
    );
  }

  function rowExists(sql: string, values: unknown[]): Promise<boolean> {
    return waitFor(sql, async () => (await world.system.query(sql, values)).length > 0, {
      timeoutMs: 20_000,
      intervalMs: 20,
    });
  }

  /** The session service holds the evidence and waits for its row, which this test has locked. */
  async function stuckBeforeVerdict(id: string, client: HostedClient, attemptId: string) {
    await world.system.pause('biometrics');
    const lost = client.attempt(frame, attemptId).catch(() => undefined);
    await rowExists('select 1 from session.attempts where session_id = $1', [id]);
    const release = await world.system.lockRow('select 1 from session.sessions where id = $1 for update', [
      id,
    ]);
    world.system.resume('biometrics');
    // Postgres shows the beginning of a query only: its columns, not its table.
    await rowExists(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%session_number%'`,
      [],
    );
    return { lost, release };
  }

  async function expectOneVerdict(sessionId: string): Promise<void> {
    await world.webhook(sessionId, 'Approved', 60_000);
    const decision = await world.api.get(`/v3/session/${sessionId}/decision/`);
    expect(decision.body.status).toBe('Approved');
    expect(decision.body.liveness_checks).toHaveLength(1);
    const approvals = world.webhooks(sessionId).filter((webhook) => webhook.body.status === 'Approved');
    expect(new Set(approvals.map((webhook) => webhook.body.event_id)).size).toBe(1);
  }

  it('capture dies between the look and the publication', async () => {
    // An enrolling workflow leaves a candidate template behind: the sign that the look is over.
    const { id, client, attemptId } = await openedSession('wf_first_verification');
    await world.system.kill('nats');
    const lost = client.attempt(frame, attemptId, { timeoutMs: 5_000 }).catch(() => undefined);
    await rowExists(`select 1 from biometrics.templates where kind = 'candidate' and session_id = $1`, [id]);
    await world.system.kill('capture');
    await world.system.start('nats');
    await world.system.start('capture');
    await lost;
    await persist(client, attemptId);
    await expectOneVerdict(id);
  });

  it('biometrics dies while it looks', async () => {
    const { id, client, attemptId } = await openedSession();
    await world.system.pause('biometrics');
    const lost = client.attempt(frame, attemptId, { timeoutMs: 5_000 }).catch(() => undefined);
    await rowExists('select 1 from session.attempts where session_id = $1', [id]);
    await world.system.kill('biometrics');
    await world.system.start('biometrics');
    await lost;
    await persist(client, attemptId);
    await expectOneVerdict(id);
  });

  it('session dies with the evidence in its hands', async () => {
    const { id, client, attemptId } = await openedSession();
    const { lost, release } = await stuckBeforeVerdict(id, client, attemptId);
    await world.system.kill('session');
    await release();
    await world.system.start('session');
    await lost;
    await persist(client, attemptId);
    await expectOneVerdict(id);
  });

  it('session dies between commit and publish', async () => {
    const { id, client, attemptId } = await openedSession();
    const { lost, release } = await stuckBeforeVerdict(id, client, attemptId);
    await world.system.kill('nats');
    await release();
    await rowExists(`select 1 from session.sessions where id = $1 and status = 'Approved'`, [id]);
    await world.system.kill('session');
    await world.system.start('nats');
    await world.system.start('session');
    await lost;
    await persist(client, attemptId);
    await expectOneVerdict(id);
  });

  it('webhook-dispatcher dies while the receiver hangs', async () => {
    const { id, client, attemptId } = await openedSession();
    world.receiver.answer((request) =>
      request.rawBody.includes(id) ? { status: 200, hang: true } : { status: 200 },
    );
    await persist(client, attemptId);
    const first = await world.webhook(id, 'Approved');
    await world.system.kill('webhook-dispatcher');
    world.receiver.answer(() => ({ status: 200 }));
    await world.system.start('webhook-dispatcher');
    await waitFor(
      'the second try',
      () => world.webhooks(id).filter((webhook) => webhook.body.status === 'Approved').length >= 2,
      { timeoutMs: 60_000 },
    );
    const tries = world.webhooks(id).filter((webhook) => webhook.body.status === 'Approved');
    expect(tries.every((webhook) => webhook.body.event_id === first.body.event_id)).toBe(true);
    await expectOneVerdict(id);
  });
});
