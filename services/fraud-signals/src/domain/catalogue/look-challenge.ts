import type { Signal } from '../signal.ts';
import { signal } from '../signal.ts';
import { found, suspected } from './look-traces.ts';

const pad = { category: 'pad' } as const;
const common = { ...pad, source: 'camera', sensitivity: 'none', version: 1 } as const;

/** How a challenge was met; all of it is absent after a passive look. */
export const challengeSignals: readonly Signal[] = [
  signal({
    ...common,
    id: 'face_challenge_method',
    type: 'enum',
    description: 'What was performed: flashing, active_3d',
    risk: 'A weaker way than the workflow asks for',
    weight: 0,
    reads: ['look.challenge_method'],
    extract: (method) => method,
  }),
  signal({
    ...common,
    id: 'face_challenge_passed',
    type: 'bool',
    description: 'The challenge was met',
    risk: 'When it was not, a recording, a flat picture or someone who did not follow',
    weight: 30,
    reads: ['look.challenge_passed'],
    extract: (isPassed) => isPassed,
    raises: (isPassed) => !isPassed,
  }),
  signal({
    ...common,
    id: 'face_challenge_score',
    type: 'number',
    description: 'How well the challenge was met, 0 to 100',
    risk: 'Barely met ones',
    weight: 0,
    reads: ['look.challenge_score'],
    extract: (score) => score,
  }),
  signal({
    ...common,
    id: 'face_challenge_failure',
    type: 'enum',
    description: 'What speaks against the challenge most: flat_motion, identity, colours and others',
    risk: 'Tells an attack from light and haste',
    weight: 0,
    reads: ['look.challenge_failures'],
    extract: (failures) => failures?.[0] ?? null,
  }),
  found('face_challenge_order_ok', {
    ...pad,
    description: 'Poses came in the order that was asked for',
    risk: 'When they did not, a recording of another challenge',
    weight: 25,
    raisedWhen: false,
  }),
  suspected('face_challenge_reaction_ms', {
    ...pad,
    description: 'Milliseconds from a prompt to the first movement that follows it, at least',
    risk: 'Faster than people are: a script',
    weight: 25,
  }),
  suspected('face_challenge_pose_error_deg', {
    ...pad,
    description: 'Degrees that the worst pose fell short of what was asked for',
    risk: 'Someone, or something, that cannot turn',
    weight: 15,
  }),
  suspected('face_flash_response_corr', {
    ...pad,
    description: 'Correlation of the light on the face with the colours that were shown',
    risk: 'No reflection of this screen: a recording or an injected stream',
    weight: 30,
  }),
  suspected('face_flash_latency_ms', {
    ...pad,
    description: 'Milliseconds from a colour to its reflection',
    risk: 'Too late or too early for light: a stream that is made as it goes',
    weight: 25,
  }),
  suspected('face_flash_normal_variation', {
    ...pad,
    description: 'How differently the parts of the face reflect the colours',
    risk: 'Something flat',
    weight: 30,
  }),
  suspected('face_depth_parallax_score', {
    ...pad,
    description: 'Movement of the face’s points that no plane explains, in distances of the eyes',
    risk: 'A picture that is turned',
    weight: 30,
  }),
  suspected('face_micro_motion_energy', {
    ...pad,
    description: 'Change of the face’s own shape between frames, in distances of the eyes',
    risk: 'A still picture that is swayed',
    weight: 25,
  }),
  suspected('face_identity_consistent_in_burst', {
    ...pad,
    description: 'Least likeness between any two frames, as a cosine',
    risk: 'Faces are exchanged during the look',
    weight: 40,
  }),
];
