import { readFileSync } from 'node:fs';
import { FaceSearchKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { facePath } from '@selfsame/testing/assets';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newSession, openWorld as openBiometrics } from '../../biometrics/test/harness.ts';
import { openWorld, type World } from './harness.ts';

let biometrics: Awaited<ReturnType<typeof openBiometrics>>;
let world: World;
beforeAll(async () => {
  biometrics = await openBiometrics();
  world = await openWorld({ BIOMETRICS_GRPC: biometrics.address });
}, 120_000);
afterAll(async () => {
  await world?.close();
  await biometrics?.close();
});

/** Looks until as many list entries are found; what was just put or dropped is known a moment later. */
const found = (picture: string, count: number) =>
  waitFor(`${count} entries found by ${picture}`, async () => {
    const session = newSession({ applicationId: world.application.id });
    const { searchMatches } = await biometrics.verify(session, picture, { search: FaceSearchScope.OTHERS });
    return searchMatches.length === count && searchMatches;
  });

it('a face on a list is found by biometrics for as long as its entry is there', async () => {
  const { body } = await world.call('GET', '/v3/lists/?list_type=blocklist&entry_type=face');
  const list = body.results[0].uuid;
  const entries = `/v3/lists/${list}/entries/`;
  const image = readFileSync(facePath('img/p05_1.jpg')).toString('base64');
  const uploaded = await world.call('POST', `${entries}face-upload/`, { image });
  expect(uploaded.status).toBe(201);
  expect(await found('img/p05_2.jpg', 1)).toMatchObject([
    { kind: FaceSearchKind.BLOCKLIST, listId: list, entryId: uploaded.body.uuid },
  ]);

  const session = newSession({ applicationId: world.application.id });
  await biometrics.enrol(session, 'img/p04_1.jpg');
  const { sessionId, vendorData } = session;
  world.neighbours.sessions.set(sessionId, { sessionNumber: 3n, vendorData, email: '', phone: '' });
  const blocked = await world.call('POST', '/v3/blocklist/add/', {
    session_id: sessionId,
    blocklist_face: true,
  });
  expect(blocked.status, JSON.stringify(blocked.body)).toBe(200);
  const [entry] = blocked.body.entries;
  const matches = await found('img/p04_3.jpg', 2);
  expect(matches).toContainEqual(
    expect.objectContaining({ kind: FaceSearchKind.BLOCKLIST, sessionId, entryId: entry.uuid }),
  );

  for (const { uuid } of [uploaded.body, entry]) {
    expect((await world.call('DELETE', `${entries}${uuid}/`)).status).toBe(204);
  }
  expect(await found('img/p05_2.jpg', 0)).toEqual([]);
  expect(await found('img/p04_3.jpg', 1)).toMatchObject([{ kind: FaceSearchKind.SUBJECT }]);

  const faceless = readFileSync(facePath('edge/no_face.jpg')).toString('base64');
  const refused = await world.call('POST', `${entries}face-upload/`, { image: faceless });
  expect(refused).toMatchObject({ status: 400, body: { image: ['No face detected in the image.'] } });
  const strange = newSession({ applicationId: world.application.id }).sessionId;
  world.neighbours.sessions.set(strange, { sessionNumber: 4n, vendorData: '', email: '', phone: '' });
  const none = await world.call('POST', entries, { reference_session_id: strange });
  expect(none.body).toEqual({ reference_session_id: ['No face of this session is kept.'] });
});
