import { describe, expect, test } from 'vitest';
import {
  countFaces,
  ENROL_GATES,
  type FaceFacts,
  findCovers,
  findProblem,
  type MediaSignal,
  VERIFY_GATES,
} from './gates.ts';

const face = (width: number, score = 0.93) => ({ box: { width }, score });
const pose = (yaw: number, pitch: number) => ({ quality: 0.6, landmarks: { pose: { yaw, pitch } } });
const withMedia = (...media: MediaSignal[]) => ({ ...pose(0, 5), media });
const sharpness = (value: number) => ({ name: 'media_sharpness', value, raised: false });
const glasses = { name: 'face_glasses_dark', value: 0.2, raised: true };
const mask = { name: 'face_occlusion_lower', value: 0.01, raised: true };
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
    ['blur', { subject: withMedia(sharpness(0.05)) }, 'blurred'],
    ['fine detail', { subject: withMedia(sharpness(0.07)) }, undefined],
    ['a sharpness that is no number', { subject: withMedia(sharpness(Number.NaN)) }, 'blurred'],
    ['dark glasses', { subject: withMedia(glasses) }, undefined],
    ['a mask', { subject: withMedia(mask) }, undefined],
    ['dark glasses and a mask', { subject: withMedia(glasses, mask) }, 'covered'],
    ['little to recognise', { subject: { ...pose(0, 5), quality: 0.39 } }, 'low_quality'],
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
  expect(findProblem({ ...good, subject: withMedia(sharpness(0.07)) }, ENROL_GATES)).toBe('blurred');
  expect(findProblem({ ...good, subject: withMedia(glasses) }, ENROL_GATES)).toBe('covered');
  expect(findProblem({ ...good, subject: withMedia(mask) }, ENROL_GATES)).toBe('covered');
});

test('what is covered is told beside the problem', () => {
  expect(findCovers({ subject: withMedia(glasses) })).toEqual({ eyes: true, mouth: false });
  expect(findCovers({ subject: withMedia(mask) })).toEqual({ eyes: false, mouth: true });
  expect(findCovers({ subject: withMedia({ ...mask, raised: false }) })).toEqual({
    eyes: false,
    mouth: false,
  });
  expect(findCovers({ subject: pose(0, 5) })).toEqual({ eyes: false, mouth: false });
});

test('people in the background and doubtful patterns are not counted', () => {
  expect(countFaces({ faces: [] })).toBe(0);
  expect(countFaces({ faces: [face(200), face(99)] })).toBe(1);
  expect(countFaces({ faces: [face(200), face(190, 0.72)] })).toBe(1);
  expect(countFaces({ faces: [face(200), face(150), face(101)] })).toBe(3);
});
