import { describe, expect, it } from 'vitest';
import { goodFace } from '../../test/faces.ts';
import type { FaceEvidence } from './features/evidence.ts';
import { afterFailure, defaultLockout, failuresAllowed, isFailedLook, isLocked } from './lockout.ts';
import { judgeSteps } from './verdict.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 4, 1) + seconds * 1_000);
const clean = { failures: [], lockedUntil: null };
/** Failures at these seconds, one after the other. */
const fail = (...seconds: number[]) =>
  seconds.reduce(
    (record, second) => afterFailure(record, defaultLockout, 5, at(second)),
    clean as Parameters<typeof afterFailure>[0],
  );

describe('failed looks', () => {
  it('lock with the fifth in three minutes, for half an hour from then on', () => {
    expect(fail(0, 10, 20, 30).lockedUntil).toBeNull();
    const { lockedUntil } = fail(0, 10, 20, 30, 179);
    expect(lockedUntil).toEqual(at(179 + 1_800));
    expect(isLocked(lockedUntil, at(179 + 1_799))).toBe(true);
    expect(isLocked(lockedUntil, at(179 + 1_800))).toBe(false);
  });

  it('are forgotten one by one as the window moves on', () => {
    expect(fail(0, 10, 20, 30, 180).lockedUntil).toBeNull();
    expect(fail(0, 10, 20, 30, 180, 189).lockedUntil).toEqual(at(189 + 1_800));
    expect(fail(0, 100, 200, 300, 400, 500, 600, 700).failures).toHaveLength(2);
  });

  it('count anew after a lock', () => {
    expect(fail(0, 0, 0, 0, 0, 1_900, 1_901, 1_902, 1_903)).toEqual({
      failures: [at(1_900), at(1_901), at(1_902), at(1_903)],
      lockedUntil: at(1_800),
    });
  });

  it('lock a network only after twenty times as many', () => {
    expect(
      ['subject', 'device', 'network'].map((kind) => failuresAllowed(defaultLockout, kind as 'subject')),
    ).toEqual([5, 5, 100]);
  });
});

describe('a look', () => {
  const steps = ['LIVENESS', 'FACE_MATCH'].map((feature) => ({
    node_id: feature,
    feature,
    label: '',
    config: {},
  }));
  it.each<[string, Partial<FaceEvidence>, boolean]>([
    ['that is approved', {}, false],
    ['of another person', { similarityScore: 10 }, true],
    ['of a picture', { livenessScore: 5 }, true],
    ['that is last and shows nothing', { faceCount: 0, problem: 'no_face', match: null }, true],
    // Review answers a guess, too: nearer than a decline, not near enough.
    ['that goes to review for its similarity', { similarityScore: 65 }, true],
    ['that goes to review for its liveness', { livenessScore: 65 }, true],
    ['that goes to review because it replaces another face', { enrolledSimilarity: 20 }, true],
    ['that goes to review because nobody could search', { search: 'unavailable' }, false],
    ['that goes to review for dark glasses', { eyesCovered: true }, false],
    ['with several faces', { faceCount: 2 }, false],
  ])('%s fails: %#', (_name, changes, failed) => {
    expect(isFailedLook(judgeSteps(steps, { face: { ...goodFace, ...changes } }))).toBe(failed);
  });
});
