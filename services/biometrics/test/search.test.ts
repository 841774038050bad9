import { randomUUID } from 'node:crypto';
import {
  type FaceEvidence,
  FaceProblem,
  FaceSearchKind,
  SearchOutcome,
} from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceListKind, FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { face } from './faces.ts';
import { newSession, openWorld, type TestSession, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** On a busy machine a search may be late. */
const search = (session: TestSession, picture: string, scope: FaceSearchScope = FaceSearchScope.OTHERS) =>
  waitFor('a search', async () => {
    const evidence = await world.verify(session, picture, { search: scope });
    return evidence.searchOutcome !== SearchOutcome.UNAVAILABLE && evidence;
  });

/** The first search whose matches are as many as these; what was just committed is found a moment later. */
const searchUntil = (count: number, session: TestSession, picture: string, scope?: FaceSearchScope) =>
  waitFor(`${count} matches`, async () => {
    const evidence = await search(session, picture, scope);
    expect(evidence.searchOutcome).toBe(SearchOutcome.SEARCHED);
    return evidence.searchMatches.length === count && evidence;
  });

const kindsOf = ({ searchMatches }: FaceEvidence) => searchMatches.map(({ kind }) => kind);
const neighbour = ({ applicationId }: TestSession) => newSession({ applicationId });
const entryOf = ({ applicationId }: TestSession) => ({
  applicationId,
  listId: randomUUID(),
  entryId: randomUUID(),
});

describe('a duplicate', () => {
  test('is found under another name, with the session that enrolled it', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    const { searchMatches } = await searchUntil(1, neighbour(session), 'img/p04_3.jpg');
    expect(searchMatches).toMatchObject([
      { kind: FaceSearchKind.SUBJECT, sessionId: session.sessionId, listId: '', entryId: '' },
    ]);
    expect(searchMatches[0]?.similarity).toBeGreaterThan(68);

    // Somebody else, another application, and nobody at all.
    expect((await search(neighbour(session), 'img/p05_1.jpg')).searchMatches).toEqual([]);
    expect((await search(newSession(), 'img/p04_3.jpg')).searchMatches).toEqual([]);
    expect((await search(neighbour(session), 'edge/no_face.jpg')).searchOutcome).toBe(
      SearchOutcome.NOT_ASKED,
    );
    const unasked = await search(neighbour(session), 'img/p04_3.jpg', FaceSearchScope.NONE);
    expect(unasked).toMatchObject({ searchOutcome: SearchOutcome.NOT_ASKED, searchMatches: [] });
  });

  test('shows in what can be watched of the search', async () => {
    const { text: before } = await exposeMetrics();
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    await searchUntil(1, neighbour(session), 'img/p04_3.jpg');
    const { text } = await exposeMetrics();
    const risen = (name: string, labels = {}) => sumOf(text, name, labels) - sumOf(before, name, labels);
    expect(risen('selfsame_search_faces')).toBe(1);
    expect(risen('selfsame_searches_total', { outcome: 'searched' })).toBeGreaterThan(0);
    expect(risen('selfsame_search_seconds_count')).toBeGreaterThan(0);
    expect(sumOf(text, 'selfsame_search_index', { state: 'current' })).toBe(1);
    expect(sumOf(text, 'selfsame_search_index')).toBe(1);
  });

  test('is nobody who looks like themselves, unless everyone is searched', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    await searchUntil(1, neighbour(session), 'img/p04_3.jpg');
    expect((await search(session, 'img/p04_3.jpg')).searchMatches).toEqual([]);
    const everyone = await search(session, 'img/p04_3.jpg', FaceSearchScope.EVERYONE);
    expect(everyone.searchMatches).toMatchObject([{ sessionId: session.sessionId }]);
  });

  test('is gone when it is forgotten', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    await searchUntil(1, neighbour(session), 'img/p04_3.jpg');
    const { applicationId, vendorData } = session;
    await world.client.forget({ subject: { applicationId, vendorData } });
    // At once: what is gone from Postgres is not told, whatever is in memory.
    expect((await search(neighbour(session), 'img/p04_3.jpg')).searchMatches).toEqual([]);
  });
});

describe('a face list', () => {
  test('takes the face that a session enrolled, and keeps it when session and subject are gone', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    const entry = entryOf(session);
    const { problem } = await world.client.putFaceListEntry({
      ...entry,
      kind: FaceListKind.BLOCKLIST,
      sessionId: session.sessionId,
    });
    expect(problem).toBe(FaceProblem.UNSPECIFIED);
    // Under the own name, too: a blocked person is no exception to their own block.
    const { searchMatches } = await searchUntil(1, session, 'img/p04_3.jpg');
    const { listId, entryId } = entry;
    const { sessionId } = session;
    expect(searchMatches).toMatchObject([{ kind: FaceSearchKind.BLOCKLIST, sessionId, listId, entryId }]);

    const { applicationId, vendorData } = session;
    await world.client.forget({ subject: { applicationId, vendorData } });
    await world.deleteSession(session);
    expect(kindsOf(await search(session, 'img/p04_3.jpg'))).toEqual([FaceSearchKind.BLOCKLIST]);

    await world.client.dropFaceListEntry(entry);
    expect(kindsOf(await search(session, 'img/p04_3.jpg'))).toEqual([]);
    await world.client.dropFaceListEntry(entry);
  });

  test('takes the face that waits for its verdict, and a picture, and one in place of another', async () => {
    const session = newSession();
    const entry = entryOf(session);
    await world.keep(session, 'img/p04_1.jpg');
    const allow = { ...entry, kind: FaceListKind.ALLOWLIST };
    await world.client.putFaceListEntry({ ...allow, sessionId: session.sessionId });
    expect(kindsOf(await searchUntil(1, session, 'img/p04_3.jpg'))).toEqual([FaceSearchKind.ALLOWLIST]);

    await world.client.putFaceListEntry({
      ...entry,
      kind: FaceListKind.BLOCKLIST,
      image: Buffer.from(face('img/p05_1.jpg')),
    });
    const { searchMatches } = await searchUntil(1, session, 'img/p05_2.jpg');
    expect(searchMatches).toMatchObject([
      { kind: FaceSearchKind.BLOCKLIST, sessionId: '', entryId: entry.entryId },
    ]);
    expect((await search(session, 'img/p04_3.jpg')).searchMatches).toEqual([]);
  });

  test('shows its best entry however many subjects look more alike', async () => {
    const session = newSession();
    const entry = { ...entryOf(session), kind: FaceListKind.BLOCKLIST };
    await world.client.putFaceListEntry({ ...entry, image: Buffer.from(face('img/p04_2.jpg')) });
    for (let index = 0; index < 6; index += 1) await world.enrol(neighbour(session), 'img/p04_1.jpg');
    const found = await searchUntil(5, session, 'img/p04_1.jpg');
    expect(kindsOf(found)).toEqual([...Array(4).fill(FaceSearchKind.SUBJECT), FaceSearchKind.BLOCKLIST]);
  });

  test('says why a picture will not do, and that a session has no face', async () => {
    const session = newSession();
    const entry = { ...entryOf(session), kind: FaceListKind.BLOCKLIST };
    const faceless = await world.client.putFaceListEntry({
      ...entry,
      image: Buffer.from(face('edge/no_face.jpg')),
    });
    expect(faceless.problem).toBe(FaceProblem.NO_FACE);
    const unknown = world.client.putFaceListEntry({ ...entry, sessionId: session.sessionId });
    await expect(unknown).rejects.toMatchObject({ code: 'face_not_found', kind: 'not_found' });
    const kindless = world.client.putFaceListEntry({ ...entry, kind: FaceListKind.UNSPECIFIED });
    await expect(kindless).rejects.toMatchObject({ code: 'request_invalid' });
    const listless = world.client.dropFaceListEntry({ ...entry, listId: '' });
    await expect(listless).rejects.toMatchObject({ code: 'request_invalid' });
  });
});
