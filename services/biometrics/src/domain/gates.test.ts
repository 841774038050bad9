import { describe, expect, test } from 'vitest';
import { countFaces, ENROL_GATES, type FaceFacts, findProblem, VERIFY_GATES } from './gates.ts';

const face = (width: number, score = 0.93) => ({ box: { width }, score });
const pose = (yaw: number, pitch: number) => ({ quality: 0.6, landmarks: { pose: { yaw, pitch } } });
const good: FaceFacts = { faces: [face(200)], luma: 0.5, subject: pose(0, 5) };

describe('one problem is named, the worst first', () => {
  test.each<[string, Partial<FaceFacts>, string | undefined]>([
    ['a good frame', {}, undefined],
    ['two faces of one size', { faces: [face(200), face(190)] }, 'multiple_faces'],
    ['a face at the limit', { faces: [face(40)] }, undefined],
    ['a face below it', { faces: [face(39.9)] }, 'too_small'],
    ['darkness', { luma: 0.099 }, 'too_dark'],
    ['glare', { luma: 0.881 }, 'too_bright'],
    ['turned left', { subject: pose(35.1, 5) }, 'turned_away'],
    ['turned right', { subject: pose(-35.1, 5) }, 'turned_away'],
    ['looking down', { subject: pose(0, 40.1) }, 'turned_away'],
    ['looking up', { subject: pose(0, -30.1) }, 'turned_away'],
    ['dark and turned away', { luma: 0.05, subject: pose(60, 5) }, 'too_dark'],
    ['blur', { subject: { ...pose(0, 5), quality: 0.39 } }, 'low_quality'],
    ['a quality that is no number', { subject: { ...pose(0, 5), quality: Number.NaN } }, 'low_quality'],
  ])('%s', (_, change, problem) => {
    expect(findProblem({ ...good, ...change }, VERIFY_GATES)).toBe(problem);
  });

  test('without a face there is nothing else to say', () => {
    expect(findProblem({ faces: [], luma: 0 }, VERIFY_GATES)).toBe('no_face');
  });
});

test('enrolment asks for more than a comparison', () => {
  const fair: FaceFacts = { ...good, subject: { ...pose(32, 5), quality: 0.5 } };
  expect(findProblem(fair, VERIFY_GATES)).toBeUndefined();
  expect(findProblem(fair, ENROL_GATES)).toBe('turned_away');
  expect(findProblem({ ...good, subject: { ...pose(0, 5), quality: 0.54 } }, ENROL_GATES)).toBe(
    'low_quality',
  );
});

test('people in the background and doubtful patterns are not counted', () => {
  expect(countFaces({ faces: [] })).toBe(0);
  expect(countFaces({ faces: [face(200), face(99)] })).toBe(1);
  expect(countFaces({ faces: [face(200), face(190, 0.72)] })).toBe(1);
  expect(countFaces({ faces: [face(200), face(150), face(101)] })).toBe(3);
});
