import { randomUUID } from 'node:crypto';
import {
  FaceProblem,
  FaceSearchKind,
  MatchOutcome,
  SearchOutcome,
} from '@selfsame/contracts/biometrics/v1/evidence';
import type { DeepPartial, ExamineResponse } from '@selfsame/contracts/biometrics/v1/service';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());
beforeEach(() => sees({}));

const megabyte = 1024 * 1024;
const jpeg = (bytes = 64, name = 'face.jpg') => {
  const content = new Uint8Array(bytes);
  content.set([0xff, 0xd8, 0xff]);
  return new File([content], name);
};

const goodLook = {
  faceCount: 1,
  problem: FaceProblem.UNSPECIFIED,
  livenessScore: 96.5,
  faceQuality: 88,
  faceLuminance: 50,
  matchOutcome: MatchOutcome.NOT_ASKED,
  searchOutcome: SearchOutcome.SEARCHED,
  pipelineVersion: 'test-1',
};
const entity = { xmin: 10, ymin: 20, xmax: 110, ymax: 140, confidence: 0.93456 };

/** What biometrics would see from now on, beside what is good. */
function sees(
  evidence: DeepPartial<ExamineResponse['evidence']>,
  more: DeepPartial<ExamineResponse> = {},
): void {
  world.biometrics.answer({
    examine: {
      evidence: { ...goodLook, ...evidence },
      userImage: { entities: [entity], bestAngle: 0 },
      ...more,
    },
  });
}

type Fields = Record<string, string | File>;

async function call(path: string, fields: Fields, headers: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const response = await fetch(`${world.baseUrl}/v3/${path}/`, {
    method: 'POST',
    headers: { 'x-api-key': world.demo.apiKey, ...headers },
    body: form,
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  const body: any = await response.json();
  return { status: response.status, headers: response.headers, body };
}

const asked = () => world.biometrics.examined.at(-1);
const risksOf = (warnings: { risk: string; log_type: string }[]) =>
  warnings.map(({ risk, log_type }) => `${risk} ${log_type}`);

async function rowsOf(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM attempts) + (SELECT count(*) FROM outbox)
      + (SELECT count(*) FROM workflow_definitions) AS count
    `.execute(world.database.db);
  return Number(rows[0]?.count);
}

describe('passive liveness', () => {
  test('answers in the shape of the contract and keeps the call as a session that was approved', async () => {
    const candidateId = randomUUID();
    sees({ candidateId });
    const { status, body } = await call('passive-liveness', {
      user_image: jpeg(),
      vendor_data: 'user-live',
      metadata: '{"order": 7}',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      vendor_data: 'user-live',
      metadata: { order: 7 },
      created_at: expect.stringMatching(/Z$/),
      liveness: {
        status: 'Approved',
        method: 'PASSIVE',
        score: 96.5,
        face_quality: 88,
        face_luminance: 50,
        user_image: {
          entities: [{ bbox: [10, 20, 110, 140], confidence: 0.9346, age: null, gender: null, race: null }],
          best_angle: 0,
        },
        warnings: [],
      },
    });
    expect(asked()).toMatchObject({
      sessionId: body.request_id,
      vendorData: 'user-live',
      search: FaceSearchScope.OTHERS,
      keepCandidate: true,
      rotateImage: false,
      estimateAge: false,
      sizes: [64, 0],
    });

    const event = await world.announced(body.request_id, 'Approved');
    expect(event).toMatchObject({
      previousStatus: '',
      workflowId: '',
      workflowVersion: 0,
      workflowType: '',
      vendorData: 'user-live',
      metadataJson: '{"order":7}',
      enrols: true,
      candidateId,
    });
    expect(Number(event.sequence)).toBe(1);
    expect(JSON.parse(event.decisionJson)).toMatchObject({
      status: 'Approved',
      features: ['LIVENESS'],
      liveness: { status: 'Approved', method: 'PASSIVE', score: 96.5 },
    });

    const decision = await world.demo.call('GET', `/v3/session/${body.request_id}/decision/?include=events`);
    expect(decision.body).toMatchObject({
      session_id: body.request_id,
      session_url: null,
      workflow_id: null,
      expires_at: null,
      metadata: { order: 7 },
      api_service: 'PASSIVE_LIVENESS',
      session_type: 'API',
      workflow_type: null,
    });
    const list = await world.demo.call('GET', '/v3/sessions/?session_type=API&api_service=PASSIVE_LIVENESS');
    expect(list.body.results[0]).toMatchObject({ session_id: body.request_id, session_url: null });
  });

  test.each<[string, DeepPartial<ExamineResponse['evidence']>, string, string[]]>([
    ['a score at the threshold', { livenessScore: 30 }, 'Declined', ['LOW_LIVENESS_SCORE error']],
    ['a score above it', { livenessScore: 30.01 }, 'Approved', []],
    [
      'an attack',
      { livenessScore: 3 },
      'Declined',
      ['LIVENESS_FACE_ATTACK error', 'LOW_LIVENESS_SCORE error'],
    ],
    [
      'several faces',
      { faceCount: 2, problem: FaceProblem.MULTIPLE_FACES },
      'Approved',
      ['MULTIPLE_FACES_DETECTED warning'],
    ],
    ['a blurred face', { problem: FaceProblem.BLURRED }, 'Declined', ['LOW_FACE_QUALITY error']],
    ['a quality that was not measured', { faceQuality: undefined }, 'Declined', ['LOW_FACE_QUALITY warning']],
    ['bad light', { faceLuminance: 5 }, 'Approved', ['LOW_FACE_LUMINANCE information']],
    [
      'traces of a screen',
      { mediaSignals: [{ name: 'face_moire_energy', value: 1, raised: true }] },
      'Approved',
      ['SCREEN_CAPTURE_DETECTED information'],
    ],
    ['another face on file', { enrolledSimilarity: 12 }, 'Approved', ['ENROLLED_FACE_DIFFERS warning']],
  ])('%s', async (_, evidence, status, risks) => {
    sees(evidence);
    const { body } = await call('passive-liveness', { user_image: jpeg(), save_api_request: 'false' });
    expect(body.liveness.status).toBe(status);
    expect(risksOf(body.liveness.warnings)).toEqual(risks);
  });

  test('without a face it is declined with one warning and no score', async () => {
    sees(
      {
        faceCount: 0,
        problem: FaceProblem.NO_FACE,
        livenessScore: undefined,
        faceQuality: undefined,
        faceLuminance: undefined,
        searchOutcome: SearchOutcome.NOT_ASKED,
      },
      { userImage: { entities: [], bestAngle: 0 } },
    );
    const { status, body } = await call('passive-liveness', { user_image: jpeg() });
    expect(status).toBe(200);
    expect(body.liveness).toMatchObject({ status: 'Declined', score: null, face_quality: null });
    expect(risksOf(body.liveness.warnings)).toEqual(['NO_FACE_DETECTED error']);
    await world.announced(body.request_id, 'Declined');
  });

  test('the threshold is the caller’s', async () => {
    sees({ livenessScore: 60 });
    const strict = { user_image: jpeg(), face_liveness_score_decline_threshold: '60' };
    expect((await call('passive-liveness', strict)).body.liveness.status).toBe('Declined');
    const { body } = await call('passive-liveness', {
      ...strict,
      face_liveness_score_decline_threshold: '59',
    });
    expect(body.liveness.status).toBe('Approved');
  });

  test('duplicates warn; blocked faces, also possible ones, decline', async () => {
    const match = { kind: FaceSearchKind.SUBJECT, sessionId: randomUUID(), similarity: 90 };
    sees({ searchMatches: [match] });
    const double = await call('passive-liveness', { user_image: jpeg(), vendor_data: 'double' });
    expect(double.body.liveness.status).toBe('Approved');
    expect(risksOf(double.body.liveness.warnings)).toEqual(['DUPLICATED_FACE warning']);
    for (const [similarity, risk] of [
      [90, 'FACE_IN_BLOCKLIST'],
      [64, 'POSSIBLE_FACE_IN_BLOCKLIST'],
    ] as const) {
      const listed = { kind: FaceSearchKind.BLOCKLIST, listId: 'l', entryId: 'e', similarity };
      sees({ searchMatches: [listed] });
      const { body } = await call('passive-liveness', { user_image: jpeg() });
      expect(body.liveness.status).toBe('Declined');
      expect(risksOf(body.liveness.warnings)).toEqual([`${risk} error`]);
    }
  });

  test('a search that did not happen is no answer, and nothing is kept', async () => {
    const before = await rowsOf();
    sees({ searchOutcome: SearchOutcome.UNAVAILABLE });
    const { status, headers } = await call('passive-liveness', { user_image: jpeg() });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(await rowsOf()).toBe(before);
  });
});

describe('whose face is enrolled', () => {
  const candidateId = randomUUID();
  const enrolledBy = async (
    path: string,
    fields: Fields,
    evidence: DeepPartial<ExamineResponse['evidence']>,
  ) => {
    sees({ candidateId, ...evidence });
    const { body } = await call(path, { user_image: jpeg(), vendor_data: 'user-x', ...fields });
    const { status = '' } = body.liveness ?? body.face_match ?? body.face_search;
    const event = await world.announced(body.request_id, status);
    return event.candidateId;
  };
  const compared = { matchOutcome: MatchOutcome.COMPARED, similarityScore: 80 };

  test('the first face of a user may come from every call', async () => {
    expect(await enrolledBy('passive-liveness', {}, {})).toBe(candidateId);
    expect(await enrolledBy('face-match', { ref_image: jpeg() }, compared)).toBe(candidateId);
    expect(await enrolledBy('face-search', {}, {})).toBe(candidateId);
  });

  test('one on file is only renewed by a living face that resembles it', async () => {
    expect(await enrolledBy('passive-liveness', {}, { enrolledSimilarity: 90 })).toBe(candidateId);
    expect(await enrolledBy('passive-liveness', {}, { enrolledSimilarity: 70 })).toBe('');
    expect(
      await enrolledBy('face-match', { ref_image: jpeg() }, { ...compared, enrolledSimilarity: 90 }),
    ).toBe('');
    expect(await enrolledBy('face-search', {}, { enrolledSimilarity: 90 })).toBe('');
  });

  test('one on file that cannot be compared is only replaced by a living face', async () => {
    const evidence = { enrolledUnreadable: true };
    expect(await enrolledBy('passive-liveness', {}, evidence)).toBe(candidateId);
    expect(await enrolledBy('face-match', { ref_image: jpeg() }, { ...compared, ...evidence })).toBe('');
    expect(await enrolledBy('face-search', {}, evidence)).toBe('');
  });

  test('the face of a declined call is named, so that it is dropped at once', async () => {
    expect(await enrolledBy('passive-liveness', {}, { livenessScore: 1 })).toBe(candidateId);
  });
});

describe('face match', () => {
  test('compares two pictures: above the threshold is approved', async () => {
    sees(
      { matchOutcome: MatchOutcome.COMPARED, similarityScore: 30.01, searchOutcome: SearchOutcome.NOT_ASKED },
      { referenceImage: { entities: [entity, entity], bestAngle: 90 } },
    );
    const { body } = await call('face-match', {
      user_image: jpeg(100),
      ref_image: jpeg(200, 'ref.JPEG'),
      rotate_image: 'True',
    });
    expect(body.face_match).toMatchObject({
      status: 'Approved',
      score: 30.01,
      ref_image: { best_angle: 90 },
      warnings: [],
    });
    expect(body.face_match.ref_image.entities).toHaveLength(2);
    expect(asked()).toMatchObject({ rotateImage: true, search: FaceSearchScope.NONE, sizes: [100, 200] });
    const { body: decision } = await world.demo.call('GET', `/v3/session/${body.request_id}/decision/`);
    expect(decision).toMatchObject({ features: ['FACE_MATCH'], face: { similarity_score: 0.3001 } });
  });

  test.each<[string, DeepPartial<ExamineResponse['evidence']>, number | null, string]>([
    [
      'a stranger',
      { matchOutcome: MatchOutcome.COMPARED, similarityScore: 30 },
      30,
      'LOW_FACE_MATCH_SIMILARITY',
    ],
    ['no face beside it', { matchOutcome: MatchOutcome.NO_REFERENCE }, null, 'NO_REFERENCE_IMAGE'],
    ['no face', { faceCount: 0, matchOutcome: MatchOutcome.UNSPECIFIED }, null, 'FACE_MATCH_NOT_COMPUTED'],
  ])('%s declines', async (_, evidence, score, risk) => {
    sees(evidence);
    const { status, body } = await call('face-match', { user_image: jpeg(), ref_image: jpeg() });
    expect(status).toBe(200);
    expect(body.face_match).toMatchObject({ status: 'Declined', score });
    expect(risksOf(body.face_match.warnings)).toEqual([`${risk} error`]);
    await world.announced(body.request_id, 'Declined');
  });
});

describe('face search', () => {
  async function session(vendorData: string, status: 'Approved' | 'Declined'): Promise<string> {
    sees({ livenessScore: status === 'Approved' ? 90 : 1 });
    const { body } = await call('passive-liveness', { user_image: jpeg(), vendor_data: vendorData });
    return body.request_id;
  }

  test('tells who the faces belong to, listed ones first', async () => {
    const known = await session('found-me', 'Approved');
    sees({
      searchMatches: [
        { kind: FaceSearchKind.SUBJECT, sessionId: known, similarity: 91.234 },
        { kind: FaceSearchKind.SUBJECT, sessionId: randomUUID(), similarity: 88 },
        { kind: FaceSearchKind.ALLOWLIST, listId: 'l', entryId: 'e', similarity: 70 },
        { kind: FaceSearchKind.SUBJECT, sessionId: randomUUID(), similarity: 40 },
      ],
    });
    const { body } = await call('face-search', { user_image: jpeg(), vendor_data: 'somebody' });
    expect(asked()?.search).toBe(FaceSearchScope.EVERYONE);
    expect(body.face_search).toMatchObject({ status: 'Approved', total_matches: 3 });
    expect(body.face_search.matches[0]).toMatchObject({ is_allowlisted: true, source: 'list_entry' });
    expect(body.face_search.matches[1]).toEqual({
      session_id: known,
      session_number: expect.any(Number),
      similarity_percentage: 91.23,
      vendor_data: 'found-me',
      verification_date: expect.stringMatching(/Z$/),
      user_details: null,
      match_image_url: null,
      status: 'Approved',
      is_blocklisted: false,
      is_allowlisted: false,
      api_service: 'PASSIVE_LIVENESS',
      source: 'session',
    });
    const { body: decision } = await world.demo.call('GET', `/v3/session/${body.request_id}/decision/`);
    expect(decision.face_searches[0].total_matches).toBe(3);
    // Who the others are is looked up when it is shown; with the call only their sessions' ids are kept.
    const { rows } = await sql<{ text: string }>`
      SELECT s.reports::text || a.evidence::text AS text FROM sessions s JOIN attempts a ON a.session_id = s.id
      WHERE s.id = ${body.request_id}`.execute(world.database.db);
    expect(rows[0]?.text).toContain(known);
    expect(rows[0]?.text).not.toContain('found-me');
  });

  test('blocklisted_or_approved leaves out sessions that are not approved', async () => {
    const [good, bad] = [await session('good', 'Approved'), await session('bad', 'Declined')];
    sees({
      searchMatches: [
        { kind: FaceSearchKind.SUBJECT, sessionId: bad, similarity: 95 },
        { kind: FaceSearchKind.SUBJECT, sessionId: good, similarity: 90 },
        { kind: FaceSearchKind.BLOCKLIST, listId: 'l', entryId: 'e', similarity: 85 },
      ],
    });
    const { body } = await call('face-search', {
      user_image: jpeg(),
      search_type: 'blocklisted_or_approved',
    });
    expect(body.face_search.status).toBe('Declined');
    expect(body.face_search.matches.map((match: { session_id: string | null }) => match.session_id)).toEqual([
      null,
      good,
    ]);
    expect(risksOf(body.face_search.warnings)).toEqual(['FACE_IN_BLOCKLIST error']);
  });

  test('without a face there is nothing to search for, and nothing is kept', async () => {
    sees({ faceCount: 0, problem: FaceProblem.NO_FACE, searchOutcome: SearchOutcome.NOT_ASKED });
    const before = await rowsOf();
    expect(await call('face-search', { user_image: jpeg() })).toMatchObject({
      status: 400,
      body: { error: 'No face detected in the image' },
    });
    expect(await rowsOf()).toBe(before);
  });
});

describe('age estimation', () => {
  const aged = (age: number | undefined) => ({
    userImage: { entities: [{ ...entity, ...(age === undefined ? {} : { age }) }], bestAngle: 0 },
  });

  test.each<[string, number | undefined, number | null, object, string, string[]]>([
    ['old enough', 18, 18, {}, 'Approved', []],
    ['too young', 17.94, 17.9, {}, 'Declined', ['AGE_BELOW_MINIMUM error']],
    ['no estimate', undefined, null, {}, 'Declined', ['AGE_NOT_DETECTED error']],
    ['not living', 40, 40, { livenessScore: 20 }, 'Declined', ['LOW_LIVENESS_SCORE error']],
    ['several faces', 40, 40, { faceCount: 2 }, 'Declined', ['MULTIPLE_FACES_DETECTED error']],
  ])('%s', async (_, age, shown, evidence, status, risks) => {
    sees(evidence, aged(age));
    const { body } = await call('age-estimation', { user_image: jpeg() });
    expect(asked()?.estimateAge).toBe(true);
    expect(body.age_estimation).toMatchObject({ status, method: 'PASSIVE', age_estimation: shown });
    expect(risksOf(body.age_estimation.warnings)).toEqual(risks);
    await world.announced(body.request_id, status);
  });

  test('is 404 where no age model is loaded', async () => {
    world.biometrics.answer({ examine: new Failure('precondition', 'age_model_missing', 'No model.') });
    expect(await call('age-estimation', { user_image: jpeg() })).toMatchObject({
      status: 404,
      body: { detail: 'Age estimation is not available in this installation.' },
    });
  });
});

describe('what cannot be looked at', () => {
  test.each<[string, string, Fields, object]>([
    ['no picture', 'passive-liveness', {}, { user_image: ['No file was submitted.'] }],
    ['no second one', 'face-match', { user_image: jpeg() }, { ref_image: ['No file was submitted.'] }],
    [
      'a picture too large',
      'face-search',
      { user_image: jpeg(5 * megabyte + 1) },
      { user_image: ['File size should not exceed 5 MB'] },
    ],
    [
      'another name',
      'passive-liveness',
      { user_image: jpeg(64, 'face.gif') },
      {
        user_image: ['File extension "gif" is not allowed. Allowed extensions: tiff, jpg, jpeg, png, webp.'],
      },
    ],
    [
      'another content under a good name',
      'passive-liveness',
      { user_image: new File(['GIF89a'], 'face.png') },
      { error: 'user_image: The image is not a JPEG, PNG, WebP or TIFF file.' },
    ],
    [
      'values out of range',
      'passive-liveness',
      {
        user_image: jpeg(),
        face_liveness_score_decline_threshold: '101',
        metadata: '{',
        vendor_data: 'x'.repeat(257),
      },
      {
        face_liveness_score_decline_threshold: ['Ensure this value is less than or equal to 100.'],
        vendor_data: ['Ensure this field has no more than 256 characters.'],
        metadata: ['Value must be valid JSON.'],
      },
    ],
    [
      'an unknown search',
      'face-search',
      { user_image: jpeg(), search_type: 'other' },
      { search_type: ['Must be one of: most_similar, blocklisted_or_approved.'] },
    ],
  ])('%s', async (_, path, fields, body) => {
    const before = world.biometrics.examined.length;
    expect(await call(path, fields)).toMatchObject({ status: 400, body });
    expect(world.biometrics.examined).toHaveLength(before);
  });

  test('exactly 5 MB are looked at, twice as well', async () => {
    sees({ matchOutcome: MatchOutcome.COMPARED, similarityScore: 90 });
    const { status } = await call('face-match', {
      user_image: jpeg(5 * megabyte),
      ref_image: jpeg(5 * megabyte),
    });
    expect(status).toBe(200);
    expect(asked()?.sizes).toEqual([5 * megabyte, 5 * megabyte]);
  });

  test.each([
    ['image_undecodable', 'user_image: Damaged.'],
    ['reference_image_undecodable', 'ref_image: Damaged.'],
  ])('what biometrics cannot decode: %s', async (code, error) => {
    world.biometrics.answer({ examine: new Failure('invalid', code, 'Damaged.') });
    const answer = await call('face-match', { user_image: jpeg(), ref_image: jpeg() });
    expect(answer).toMatchObject({ status: 400, body: { error } });
  });

  test('a full queue over there is a 503, not this caller’s rate', async () => {
    world.biometrics.answer({ examine: new Failure('exhausted', 'queue_full', 'Too many.') });
    expect((await call('passive-liveness', { user_image: jpeg() })).status).toBe(503);
  });

  test('JSON is no form, and a key is needed before anything is read', async () => {
    const json = await world.demo.call('POST', '/v3/face-search/', { user_image: 'x' });
    expect(json.status).toBe(415);
    const keyless = await call('face-search', { user_image: jpeg() }, { 'x-api-key': 'nobody' });
    expect(keyless.status).toBe(401);
  });
});

test('a call that is not recorded leaves no trace', async () => {
  const before = await rowsOf();
  const { body } = await call('passive-liveness', {
    user_image: jpeg(),
    vendor_data: 'traceless-user',
    save_api_request: 'false',
  });
  expect(body.liveness.status).toBe('Approved');
  expect(asked()).toMatchObject({ sessionId: '', keepCandidate: false });
  expect(await rowsOf()).toBe(before);
  const { status } = await world.demo.call('GET', `/v3/session/${body.request_id}/decision/`);
  expect(status).toBe(404);
  expect(world.logged()).not.toContain('traceless-user');
});

test('a repeated request with its Idempotency-Key is answered once and recorded once; another picture is another request', async () => {
  const headers = { 'idempotency-key': randomUUID() };
  const first = await call('passive-liveness', { user_image: jpeg() }, headers);
  const looks = world.biometrics.examined.length;
  const again = await call('passive-liveness', { user_image: jpeg() }, headers);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.body).toEqual(first.body);
  expect(world.biometrics.examined).toHaveLength(looks);
  expect((await call('passive-liveness', { user_image: jpeg(65) }, headers)).status).toBe(409);
});

describe('a recorded call as a session', () => {
  test('is decided by hand, never resubmitted, and its steps stay', async () => {
    const { body } = await call('passive-liveness', { user_image: jpeg() });
    const at = (path: string, change: object) =>
      world.demo.call('PATCH', `/v3/session/${body.request_id}/${path}/`, change);
    expect((await at('update-status', { new_status: 'Resubmitted' })).status).toBe(400);
    expect((await at('features/default/update-status', { new_status: 'Declined' })).status).toBe(400);
    expect((await at('update-status', { new_status: 'Declined' })).status).toBe(200);
    const event = await world.announced(body.request_id, 'Declined');
    expect(Number(event.sequence)).toBe(2);
  });

  test('is deleted with all it knew; equal calls share one definition', async () => {
    const definitions = async () =>
      (await world.database.db.selectFrom('workflow_definitions').select('id').execute()).length;
    const before = await definitions();
    const { body } = await call('passive-liveness', {
      user_image: jpeg(),
      vendor_data: 'leaving',
      face_liveness_score_decline_threshold: '33',
    });
    await call('passive-liveness', { user_image: jpeg(), face_liveness_score_decline_threshold: '33' });
    expect(await definitions()).toBe(before + 1);
    const path = `/v3/session/${body.request_id}`;
    expect((await world.demo.call('DELETE', `${path}/delete/`)).status).toBe(204);
    expect((await world.demo.call('GET', `${path}/decision/`)).status).toBe(404);
    const { rows } = await sql<{ left: number }>`
      SELECT count(*)::int AS left FROM attempts WHERE session_id = ${body.request_id}`.execute(
      world.database.db,
    );
    expect(rows[0]?.left).toBe(0);
  });

  test('belongs to its application alone', async () => {
    const other = await world.client('other-application');
    const { body } = await call('passive-liveness', { user_image: jpeg() });
    expect((await other.call('GET', `/v3/session/${body.request_id}/decision/`)).status).toBe(404);
    expect((await other.call('GET', '/v3/sessions/?session_type=API')).body.count).toBe(0);
    expect((await world.demo.call('GET', '/v3/sessions/?session_type=HOSTED')).body.count).toBe(0);
  });
});
