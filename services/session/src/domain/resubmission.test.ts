import { describe, expect, it } from 'vitest';
import { goodFace } from '../../test/faces.ts';
import { chooseResubmission } from './resubmission.ts';
import { judgeSteps, verdictOf } from './verdict.ts';

const steps = [
  { node_id: 'feature_liveness_1', feature: 'LIVENESS', label: '', config: {} },
  { node_id: 'feature_face_match_1', feature: 'FACE_MATCH', label: '', config: {} },
];

const face = { ...goodFace, similarityScore: 40 };

describe('resubmission', () => {
  it('one step of a frame takes the others with it, so that two people cannot share a session', () => {
    const reports = judgeSteps(steps, { face });
    const chosen = chooseResubmission(steps, reports, ['feature_face_match_1']);
    expect(chosen).toMatchObject({
      info: { reasons: ['LOW_FACE_MATCH_SIMILARITY'] },
      reports: [{ status: 'Resub Requested' }, { status: 'Resub Requested' }],
    });
  });

  it('a session that never got a result goes back as a whole', () => {
    expect(chooseResubmission(steps, null, undefined)).toMatchObject({
      info: { nodes_to_resubmit: [{}, {}] },
    });
  });

  it('what was sent back never approves before it was done again', () => {
    const chosen = chooseResubmission(steps, judgeSteps(steps, { face }), undefined);
    if ('mistake' in chosen) throw new Error(chosen.mistake);
    expect(verdictOf(judgeSteps(steps, { face: null }, chosen.reports))).toBe('In Review');
  });

  it.each([
    ['no list', 'feature_liveness_1'],
    ['an empty list', []],
    ['an entry without an id', [{ feature: 'LIVENESS' }]],
    ['an unknown step', [{ node_id: 'x', feature: 'LIVENESS' }]],
    ['a step under another name', [{ node_id: 'feature_liveness_1', feature: 'OCR' }]],
    ['a company step', [{ node_id: 'feature_liveness_1', feature: 'KYB_REGISTRY' }]],
  ])('refuses %s', (_name, nodes) => {
    expect(chooseResubmission(steps, null, nodes)).toEqual({ mistake: expect.any(String) });
  });
});
