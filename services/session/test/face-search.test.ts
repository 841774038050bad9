import { FaceSearchKind, SearchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from './harness.ts';
import { openWorld } from './harness.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const alike = (sessionId: string, kind: FaceSearchKind = FaceSearchKind.SUBJECT) => ({
  searchOutcome: SearchOutcome.SEARCHED,
  searchMatches: [{ kind, sessionId, listId: '', entryId: '', similarity: 81.234 }],
});
const enrol = (vendorData: string) =>
  world.demo.create({ workflow_id: 'wf_first_verification', vendor_data: vendorData });

it('another user with the same face is named in the decision, until their session is deleted', async () => {
  const first = await enrol('first account');
  await world.look(first);
  await world.announced(first.session_id, 'Approved');
  const second = await enrol('second account');
  await world.look(second, alike(first.session_id));
  const event = await world.announced(second.session_id, 'Approved');
  const read = async () =>
    (await world.demo.call('GET', `/v3/session/${second.session_id}/decision/`)).body.liveness_checks;
  expect(await read()).toEqual(JSON.parse(event.decisionJson).liveness_checks);
  expect((await read())[0]).toMatchObject({
    warnings: [
      {
        risk: 'DUPLICATED_FACE',
        log_type: 'information',
        additional_data: {
          duplicated_session_id: first.session_id,
          duplicated_session_number: first.session_number,
          api_service: null,
        },
      },
    ],
    matches: [
      {
        session_id: first.session_id,
        session_number: first.session_number,
        similarity_percentage: 81.23,
        vendor_data: 'first account',
        status: 'Approved',
        source: 'session',
        is_blocklisted: false,
      },
    ],
  });
  const stored = await world.database.db.selectFrom('attempts').select('evidence').execute();
  expect(JSON.stringify(stored)).not.toContain('first account');
  await world.demo.call('DELETE', `/v3/session/${first.session_id}/delete/`);
  expect(await read()).toMatchObject([{ matches: [{ vendor_data: null, status: null }] }]);
});

it('the same user again is nobody else, and sessions of other applications stay unknown', async () => {
  const first = await enrol('twice');
  await world.look(first);
  await world.announced(first.session_id, 'Approved');
  const again = await enrol('twice');
  await world.look(again, alike(first.session_id));
  expect((await world.announced(again.session_id, 'Approved')).decisionJson).not.toContain('DUPLICATED_FACE');
  const partner = await world.client('partner_b');
  const theirs = await partner.create({ workflow_id: 'partner_b_wf', vendor_data: 'of a partner' });
  const third = await enrol('third');
  await world.look(third, alike(theirs.session_id));
  expect((await world.announced(third.session_id, 'Approved')).decisionJson).not.toContain('of a partner');
});

it('a blocked face is declined, and one that could not be searched for waits for a person', async () => {
  const blocked = await enrol('blocked');
  await world.look(blocked, alike('', FaceSearchKind.BLOCKLIST));
  const event = await world.announced(blocked.session_id, 'Declined');
  expect(event.decisionJson).toContain('"risk":"FACE_IN_BLOCKLIST"');
  for (const searchOutcome of [SearchOutcome.UNAVAILABLE, SearchOutcome.UNSPECIFIED]) {
    const unknown = await world.demo.create({ workflow_id: 'wf_liveness' });
    await world.look(unknown, { searchOutcome });
    const told = await world.announced(unknown.session_id, 'In Review');
    expect(told.decisionJson).toContain('"risk":"FACE_SEARCH_UNAVAILABLE"');
  }
});

it('a workflow may say what follows; what nothing would act on is refused with the reason', async () => {
  const write = (config: Record<string, unknown>) =>
    world.demo.call('POST', '/v3/workflows/', { features: [{ feature: 'LIVENESS', config }] });
  const accepted = await write({
    face_liveness_duplicated_face_action: 'DECLINE',
    race_map_similarity_thresholds: { possible: 50, high: 60 },
    screen_capture_action: 'DECLINE',
  });
  expect(accepted.status).toBe(201);
  expect(accepted.body.features[0].config).toMatchObject({
    face_search_enabled: true,
    race_map_similarity_thresholds: { possible: 50, high: 60 },
    face_liveness_duplicated_face_action: 'DECLINE',
    face_liveness_possible_duplicated_face_action: 'NO_ACTION',
    screen_capture_action: 'DECLINE',
    virtual_camera_action: 'REVIEW',
  });
  const refusals: [Record<string, unknown>, string][] = [
    [{ face_audio_recording_enabled: true }, 'face_audio_recording_enabled cannot be set yet'],
    [{ face_privacy_mode_enabled: true }, 'cannot be set yet'],
    [{ face_liveness_uncertain_retry_enabled: 'yes' }, 'must be true or false'],
    [{ face_search_enabled: 'yes' }, 'face_search_enabled must be true or false'],
    [{ race_map_similarity_thresholds: { possible: 70, high: 60 } }, 'possible and high, in this order'],
    [{ race_map_similarity_thresholds: { possible: 70 } }, 'possible and high'],
  ];
  for (const [config, text] of refusals) {
    const refused = await write(config);
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain(text);
  }
});
