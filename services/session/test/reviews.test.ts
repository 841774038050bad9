import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

it('a note is recorded and changes nothing else', async () => {
  const { session_id } = await world.demo.create({ workflow_id: 'wf_liveness' });
  const path = `/v3/sessions/${session_id}/reviews/`;
  const note = await world.demo.call('POST', path, { comment: 'called the user', new_status: 'Approved' });
  const created_at = expect.stringMatching(/Z$/);
  expect([note.status, note.body]).toEqual([
    201,
    { user: 'API Client', new_status: 'Approved', comment: 'called the user', created_at },
  ]);
  const feed = await world.demo.call('GET', path);
  expect(feed.body).toEqual([
    {
      uuid: expect.any(String),
      activity_type: 'COMMENT',
      actor_display: 'API Client',
      actor_email: null,
      actor_type: 'API_KEY',
      new_status: 'Approved',
      previous_status: null,
      comment: 'called the user',
      mentioned_emails: [],
      previous_value: null,
      new_value: null,
      changed_fields: [],
      metadata: null,
      created_at,
    },
  ]);
  const decision = await world.demo.call('GET', `/v3/session/${session_id}/decision/`);
  expect(decision.body.status).toBe('Not Started');
  await world.settled();
  expect(world.events(session_id)).toHaveLength(1);
});

it('a note needs a comment and a session of one’s own', async () => {
  const { session_id } = await world.demo.create({ workflow_id: 'wf_liveness' });
  const empty = await world.demo.call('POST', `/v3/sessions/${session_id}/reviews/`, {});
  expect([empty.status, empty.body]).toEqual([400, { comment: ['This field is required.'] }]);
  expect((await world.demo.call('GET', `/v3/sessions/${randomUUID()}/reviews/`)).status).toBe(404);
  const other = await world.client('other');
  expect((await other.call('POST', `/v3/sessions/${session_id}/reviews/`, { comment: 'x' })).status).toBe(
    404,
  );
});
