import { describe, expect, it } from 'vitest';
import { goodFace } from '../../../test/faces.ts';
import type { FaceMatch } from './evidence.ts';
import type { KnownSession } from './known-session.ts';
import { liveness } from './liveness.ts';

const other: KnownSession = {
  number: 7,
  vendorData: 'someone else',
  status: 'Approved',
  apiService: null,
  verifiedAt: new Date('2026-05-01T12:00:00Z'),
};

const match = (similarity: number, changes: Partial<FaceMatch> = {}): FaceMatch => ({
  kind: 'subject',
  sessionId: 's-7',
  listId: null,
  entryId: null,
  similarity,
  session: other,
  ...changes,
});
const listed = (kind: 'blocklist' | 'allowlist', similarity: number) =>
  match(similarity, { kind, sessionId: null, listId: 'l', entryId: 'e', session: null });

function judge(
  searchMatches: readonly FaceMatch[],
  settings: Record<string, unknown> = {},
  vendorData: string | null = 'me',
) {
  return liveness.evaluate(settings, { face: { ...goodFace, searchMatches }, vendorData }, 'n');
}
/** `status: RISK/log_type ...` */
const said = (...args: Parameters<typeof judge>) => {
  const report = judge(...args);
  return [report.status, ...report.warnings.map((w) => `${w.risk}/${w.log_type}`)].join(' ');
};

describe('another user with the same face', () => {
  it('is a duplicate from the higher band on and a possible one from the lower', () => {
    expect(said([match(68)])).toBe('Approved DUPLICATED_FACE/information');
    expect(said([match(67.9)])).toBe('Approved POSSIBLE_DUPLICATED_FACE/information');
    expect(said([match(62)])).toBe('Approved POSSIBLE_DUPLICATED_FACE/information');
    expect(said([match(61.9)])).toBe('Approved');
    expect(said([match(64), match(90)])).toBe('Approved DUPLICATED_FACE/information');
  });

  it('weighs what the workflow says, in the bands that it says', () => {
    const strict = {
      face_liveness_duplicated_face_action: 'DECLINE',
      face_liveness_possible_duplicated_face_action: 'REVIEW',
      race_map_similarity_thresholds: { possible: 50, high: 80 },
    };
    expect(said([match(80)], strict)).toBe('Declined DUPLICATED_FACE/error');
    expect(said([match(79)], strict)).toBe('In Review POSSIBLE_DUPLICATED_FACE/warning');
    expect(said([match(99)], { ...strict, face_search_enabled: false })).toBe('Approved');
  });

  it('is named by session in the warning and in the shape of the contract in matches', () => {
    const report = judge([match(90.456)]);
    expect(report.warnings[0]?.additional_data).toEqual({
      duplicated_session_id: 's-7',
      duplicated_session_number: 7,
      api_service: null,
    });
    // Who that is comes from what is known when it is shown, so that it ends with them.
    expect(JSON.stringify(report)).not.toContain('someone else');
    const [shown] = liveness.block(report, 's', new Map([['s-7', other]])).matches as unknown[];
    expect(shown).toEqual({
      session_id: 's-7',
      session_number: 7,
      similarity_percentage: 90.46,
      vendor_data: 'someone else',
      verification_date: '2026-05-01T12:00:00.000Z',
      user_details: null,
      match_image_url: null,
      status: 'Approved',
      is_blocklisted: false,
      is_allowlisted: false,
      api_service: null,
      source: 'session',
    });
    const [forgotten] = liveness.block(report, 's').matches as Record<string, unknown>[];
    expect(forgotten).toMatchObject({ session_number: 7, vendor_data: null, status: null });
  });

  it('is only someone with another vendor_data', () => {
    const own = match(99, { session: { ...other, vendorData: 'me' } });
    expect(said([own])).toBe('Approved');
    expect(said([match(99, { session: { ...other, vendorData: null } })])).toBe('Approved');
    expect(said([match(99)], {}, null)).toBe('Approved');
    // Deleted since: the template was another subject's all the same.
    expect(said([match(99, { session: null })])).toBe('Approved DUPLICATED_FACE/information');
  });

  it('counts for nothing when the face is on an allowlist', () => {
    expect(said([match(99), listed('allowlist', 68)])).toBe('Approved');
    expect(said([match(99), listed('allowlist', 67)])).toBe('Approved DUPLICATED_FACE/information');
  });
});

describe('a blocked face', () => {
  it('is declined always, a possible one by action', () => {
    expect(said([listed('blocklist', 68)])).toBe('Declined FACE_IN_BLOCKLIST/error');
    expect(said([listed('blocklist', 99), listed('allowlist', 99)])).toBe('Declined FACE_IN_BLOCKLIST/error');
    expect(said([listed('blocklist', 62)])).toBe('In Review POSSIBLE_FACE_IN_BLOCKLIST/warning');
    const declining = { face_liveness_possible_face_in_blocklist_action: 'DECLINE' };
    expect(said([listed('blocklist', 62)], declining)).toBe('Declined POSSIBLE_FACE_IN_BLOCKLIST/error');
  });

  it('stands first in matches, and names its session where it has one', () => {
    const report = judge([match(99), match(70, { kind: 'blocklist', sessionId: 's-9', session: other })]);
    expect(report.matches?.map((each) => [each.session_id, each.source])).toEqual([
      ['s-9', 'list_entry'],
      ['s-7', 'session'],
    ]);
    expect(report.warnings[0]?.additional_data).toEqual({
      blocklisted_session_id: 's-9',
      blocklisted_session_number: 7,
      api_service: null,
    });
  });
});

describe('a search that did not happen', () => {
  const missing = (search: (typeof goodFace)['search'], settings = {}, changes = {}) => {
    const face = { ...goodFace, ...changes, search };
    const report = liveness.evaluate(settings, { face, vendorData: 'me' }, 'n');
    return [report.status, ...report.warnings.map(({ risk }) => risk)].join(' ');
  };

  it('never approves, unless the workflow wants none', () => {
    for (const search of ['unavailable', 'not_asked', null] as const) {
      expect(missing(search)).toBe('In Review FACE_SEARCH_UNAVAILABLE');
      expect(missing(search, { face_search_enabled: false })).toBe('Approved');
    }
  });

  it('is nothing to speak of where there was no face to search for', () => {
    expect(missing('not_asked', {}, { problem: 'blurred' })).toBe('Declined LOW_FACE_QUALITY');
    expect(missing('not_asked', {}, { faceCount: 0, problem: 'no_face' })).toBe('Declined NO_FACE_DETECTED');
  });
});
