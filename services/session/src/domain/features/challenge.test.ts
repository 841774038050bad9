import { describe, expect, it } from 'vitest';
import { challengeFindings } from './challenge.ts';
import type { ChallengeEvidence } from './evidence.ts';

const met: ChallengeEvidence = { method: 'FLASHING', passed: true, score: 95, failures: [] };
const asked = { method: 'FLASHING', declineThreshold: 50, reviewThreshold: 70, isStrict: false } as const;

/** `RISK/severity [failures]`, or nothing. */
function judge(changes: Partial<ChallengeEvidence> | null, isStrict = false): string {
  const challenge = changes === null ? null : { ...met, ...changes };
  return challengeFindings({ ...asked, isStrict }, challenge)
    .map(({ risk, severity, additionalData }) => {
      const data = additionalData?.challenge as string[] | undefined;
      return `${risk}/${severity}${data === undefined ? '' : ` ${data.join(' ')}`}`;
    })
    .join(', ');
}

describe('a challenge', () => {
  it('that was met is nothing to speak of', () => {
    expect(judge({})).toBe('');
  });

  it.each([
    'colour_timing',
    'flat_reflection',
    'pose_order',
    'flat_motion',
    'identity',
    'liveness',
    'frames',
  ] as const)('that failed by its %s reads as an attack', (failure) => {
    expect(judge({ passed: false, score: 60, failures: ['too_few_frames', failure] })).toBe(
      `LIVENESS_FACE_ATTACK/error ${failure}`,
    );
  });

  it.each(['too_few_frames', 'too_much_light', 'pose', 'pose_timing', 'other'] as const)(
    'that %s left open goes to review whatever its score, and declines where the workflow is strict',
    (failure) => {
      const open = { passed: false, score: 95, failures: [failure] };
      expect(judge(open)).toBe(`LOW_LIVENESS_SCORE/warning ${failure}`);
      expect(judge(open, true)).toBe(`LOW_LIVENESS_SCORE/error ${failure}`);
      expect(judge({ ...open, score: 50 })).toBe(`LOW_LIVENESS_SCORE/error ${failure}`);
    },
  );

  it('without any reflection declines and is called no attack: it may be the sun', () => {
    expect(judge({ passed: false, score: 95, failures: ['colours', 'too_much_light'] })).toBe(
      'LOW_LIVENESS_SCORE/error colours too_much_light',
    );
  });

  it('is judged by the thresholds of the score, too', () => {
    expect(judge({ score: 70 })).toBe('LOW_LIVENESS_SCORE/warning');
    expect(judge({ score: 50 })).toBe('LOW_LIVENESS_SCORE/error');
    expect(judge({ score: Number.NaN })).toBe('LOW_LIVENESS_SCORE/error');
  });

  it('that says neither passed nor why is left open', () => {
    expect(judge({ passed: false })).toBe('LOW_LIVENESS_SCORE/warning');
    expect(judge({ passed: true, failures: ['flat_motion'] })).toBe('LIVENESS_FACE_ATTACK/error flat_motion');
  });

  it('that was not performed, or another one than was asked for, declines', () => {
    expect(judge(null)).toBe('LOW_LIVENESS_SCORE/error challenge_missing');
    expect(judge({ method: 'ACTIVE_3D' })).toBe('LOW_LIVENESS_SCORE/error challenge_missing');
    expect(judge({ method: null })).toBe('LOW_LIVENESS_SCORE/error challenge_missing');
  });
});
