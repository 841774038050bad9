import { describe, expect, it } from 'vitest';
import { goodFace } from '../../test/faces.ts';
import type { FaceEvidence, FaceMatch } from './features/evidence.ts';
import type { FailureRecord } from './lockout.ts';
import { afterFailure, allowanceOf, defaultLockout, isFailedLook, isLocked } from './lockout.ts';
import { judgeSteps } from './verdict.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 4, 1) + seconds * 1_000);
const clean: FailureRecord = { failures: [], lockedUntil: null };
/** Failures of a subject at these seconds, one after the other. */
const fail = (...seconds: number[]) =>
  seconds.reduce(
    (record, second) =>
      afterFailure(record, defaultLockout, allowanceOf(defaultLockout, 'subject'), at(second)),
    clean,
  );
const hour = 3_600;

describe('failed looks', () => {
  it('lock with the fifth in three minutes, for half an hour from then on', () => {
    expect(fail(0, 10, 20, 30).lockedUntil).toBeNull();
    const { lockedUntil } = fail(0, 10, 20, 30, 179);
    expect(lockedUntil).toEqual(at(179 + 1_800));
    expect(isLocked(lockedUntil, at(179 + 1_799))).toBe(true);
    expect(isLocked(lockedUntil, at(179 + 1_800))).toBe(false);
  });

  it('leave the window one by one as it moves on', () => {
    expect(fail(0, 10, 20, 30, 180).lockedUntil).toBeNull();
    expect(fail(0, 10, 20, 30, 180, 189).lockedUntil).toEqual(at(189 + 1_800));
    expect(fail(0, 100, 200, 300, 400, 500, 600, 700).lockedUntil).toBeNull();
  });

  it('count anew after a lock, even where it is shorter than the window', () => {
    expect(fail(0, 0, 0, 0, 0, 1_900, 1_901, 1_902, 1_903).lockedUntil).toEqual(at(1_800));
    const long = { failures: 2, window_seconds: hour, lock_seconds: 60 };
    const failLong = (record: FailureRecord, second: number) =>
      afterFailure(record, long, { failures: 2, perDay: null }, at(second));
    const relocked = [0, 10, 70, 80].reduce(failLong, clean);
    expect([0, 10, 70].reduce(failLong, clean).lockedUntil).toEqual(at(70));
    expect(relocked.lockedUntil).toEqual(at(140));
  });

  it('of a client that waits lock with the twenty-fifth of a day, until the first is a day old', () => {
    const patient = Array.from({ length: 25 }, (_, turn) => turn * 60);
    expect(fail(...patient.slice(0, 24)).lockedUntil).toBeNull();
    expect(fail(...patient).lockedUntil).toEqual(at(24 * hour));
    // From then on one for each that has become a day old.
    expect(fail(...patient, 24 * hour).lockedUntil).toEqual(at(24 * hour + 60));
  });

  it('are forgotten after a day', () => {
    expect(fail(0, 100, 24 * hour, 24 * hour + 50).failures).toHaveLength(3);
  });

  it('lock a network only after twenty times as many, and never by the day', () => {
    const allowances = (['subject', 'device', 'network'] as const).map((kind) =>
      allowanceOf(defaultLockout, kind),
    );
    expect(allowances).toEqual([
      { failures: 5, perDay: 25 },
      { failures: 5, perDay: null },
      { failures: 100, perDay: null },
    ]);
  });
});

describe('a look', () => {
  const steps = ['LIVENESS', 'FACE_MATCH'].map((feature) => ({
    node_id: feature,
    feature,
    label: '',
    config:
      feature === 'LIVENESS'
        ? {
            face_liveness_duplicated_face_action: 'REVIEW',
            face_liveness_possible_duplicated_face_action: 'REVIEW',
          }
        : {},
  }));
  const resembling = (kind: FaceMatch['kind'], similarity: number): readonly FaceMatch[] => [
    { kind, similarity, sessionId: null, listId: null, entryId: null, session: null },
  ];
  it.each<[string, Partial<FaceEvidence>, boolean]>([
    ['that is approved', {}, false],
    ['of another person', { similarityScore: 10 }, true],
    ['of a picture', { livenessScore: 5 }, true],
    ['that is last and shows nothing', { faceCount: 0, problem: 'no_face', match: null }, true],
    // Review answers a guess, too: nearer than a decline, not near enough.
    ['that goes to review for its similarity', { similarityScore: 65 }, true],
    ['that goes to review for its liveness', { livenessScore: 65 }, true],
    ['that goes to review because it replaces another face', { enrolledSimilarity: 20 }, true],
    ['that goes to review because it replaces one who resembles by 70', { enrolledSimilarity: 70 }, true],
    ['that goes to review because nobody could search', { search: 'unavailable' }, false],
    // Whether a picture shows somebody who is known is a guess that is answered, too.
    ['like another user', { searchMatches: resembling('subject', 63) }, true],
    ['of another user', { searchMatches: resembling('subject', 80) }, true],
    ['like somebody who is blocked', { searchMatches: resembling('blocklist', 63) }, true],
    ['like nobody enough', { searchMatches: resembling('subject', 61) }, false],
    ['that goes to review for dark glasses', { eyesCovered: true }, false],
    ['with several faces', { faceCount: 2 }, false],
  ])('%s fails: %#', (_name, changes, failed) => {
    const evidence = { face: { ...goodFace, ...changes }, vendorData: 'user' };
    expect(isFailedLook(judgeSteps(steps, evidence))).toBe(failed);
  });
});
