import { randomUUID } from 'node:crypto';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

it('while looks wait too long new sessions are told to come later, and those under way go on', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_liveness' });
  const { looks } = world.context.intake;
  looks.finished(60, performance.now());
  const refused = await waitFor(
    'a refused creation',
    async () => {
      for (let count = 0; count < 3; count += 1) looks.finished(9_000, performance.now());
      const create = () => world.demo.call('POST', '/v3/session/', { workflow_id: 'wf_liveness' });
      // A handful is let in whatever looks wait.
      const answers = await Promise.all(Array.from({ length: 30 }, create));
      return answers.find(({ status }) => status === 503);
    },
    { timeoutMs: 20_000 },
  );
  expect(refused.body).toEqual({ detail: 'The service is temporarily unavailable. Try again shortly.' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);

  const decision = await world.demo.call('GET', `/v3/session/${created.session_id}/decision/`);
  expect(decision.status).toBe(200);
  await world.look(created);
  await world.announced(created.session_id, 'Approved');
});

it('verdicts are what is measured, by no difference of two clocks', async () => {
  const finished: number[] = [];
  const { looks } = world.context.intake;
  const finish = looks.finished;
  Object.assign(looks, {
    finished: (latencyMs: number, nowMs: number) => {
      finished.push(latencyMs);
      finish(latencyMs, nowMs);
    },
  });
  const dayMs = 86_400_000;
  for (const skewMs of [-dayMs, dayMs]) {
    const { session_id: sessionId, session_token } = await waitFor('a session', async () => {
      const answer = await world.demo.call('POST', '/v3/session/', { workflow_id: 'wf_liveness' });
      return answer.status === 201 && answer.body;
    });
    const attemptId = randomUUID();
    await world.rpc.beginAttempt({ tokenSha256: secretDigest(session_token), attemptId });
    await world.publish({
      sessionId,
      applicationId: world.demo.applicationId,
      attemptId,
      receivedAt: new Date(Date.now() + skewMs),
      tookMs: 700,
      evidence: { faceCount: 0, problem: FaceProblem.NO_FACE },
    });
    await world.announced(sessionId, 'Declined');
  }
  await waitFor('two measured looks', () => finished.length === 2);
  for (const latencyMs of finished) {
    expect(latencyMs).toBeGreaterThanOrEqual(700);
    expect(latencyMs).toBeLessThan(dayMs);
  }
});
