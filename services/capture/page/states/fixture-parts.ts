import type { FaceProblem, GuidanceAnswer, HeadPose, SessionView } from '../../src/wire.ts';
import type { State as ConsentState } from '../consent/flow.ts';
import type { Act } from '../src/look/performance.ts';
import type { Posed } from '../src/screens/stage.tsx';
import type { Forgetting, State, Surroundings } from '../src/states.ts';

/** Around a state. */
interface Around {
  /** The page is inside of another one. */
  readonly isFramed?: boolean;
  /** Colours of an application, as `--name: value;`. */
  readonly brand?: string;
  /** The browser knows of no network. */
  readonly isOffline?: boolean;
}

/** One state of the selfie page as the gallery shows it. */
export interface SelfieFixture extends Around {
  readonly state: State;
  readonly here?: Partial<Surroundings>;
  /** What the service says of the picture; undefined: nobody answers. */
  readonly seen?: GuidanceAnswer;
  readonly goesOn?: boolean;
  /** What the stage is held still at. */
  readonly posed?: Posed;
}

/** One state of the page that asks for a consent. */
export interface ConsentFixture extends Around {
  /** In a language. */
  readonly consent: (language: string) => ConsentState;
  readonly canSign?: boolean | null;
  readonly isArmed?: boolean;
}

export type Fixture = SelfieFixture | ConsentFixture;

/** States under one heading, by the name that the gallery and the tests call them. */
export type Group = Readonly<Record<string, Fixture>>;

export const session: SessionView = {
  session_id: '11111111-1111-4111-8111-111111111111',
  application_name: 'Northwind',
  status: 'In Progress',
  phase: 'ready',
  language: '',
  callback: 'https://app.example/done',
  callback_method: 'both',
  callback_seconds: 60,
  method: 'PASSIVE',
  other_methods: [],
  is_desktop_allowed: true,
  fallback_url: 'https://app.example/other',
  privacy_policy_url: 'https://app.example/privacy',
  skips_welcome: false,
  hides_progress: false,
  logo_url: '',
  enrols: false,
  matches: true,
  retains_images: false,
  attempts_left: 2,
  locked_until: null,
  visit_nonce: '',
  offers_skip: false,
  skipped_selfie: false,
  wants_proof_again: false,
};
export const passive = { session, method: 'PASSIVE' } as const;
export const flashing = {
  session: { ...session, method: 'FLASHING', other_methods: ['ACTIVE_3D', 'PASSIVE'] },
  method: 'FLASHING',
} as const satisfies { session: SessionView; method: string };
export const turning = {
  session: { ...session, method: 'ACTIVE_3D', other_methods: ['FLASHING', 'PASSIVE'] },
  method: 'ACTIVE_3D',
} as const satisfies { session: SessionView; method: string };
export const onPhone = { isDesktop: false };
export const attempt = { id: '22222222-2222-4222-8222-222222222222', isAuto: true };

/** A face as guidance wants it. */
export const good: GuidanceAnswer = {
  faces: 1,
  box: { left: 0.32, top: 0.22, width: 0.36, height: 0.46 },
  luminance: 48,
  surroundings: 45,
  angles: { yaw: 0, pitch: 0, roll: 0 },
  sharpness: 60,
  eyes_covered: false,
  mouth_covered: false,
};

export const looking = (seen: Partial<GuidanceAnswer>): SelfieFixture => ({
  state: { at: 'looking', ...passive, challenge: null },
  seen: { ...good, ...seen },
});

/** Colours, held still. */
export const flashed = (act: Act, colour?: string): SelfieFixture => ({
  state: { at: 'looking', ...flashing, challenge: null },
  seen: good,
  posed: { act, ...(colour === undefined ? {} : { colour }) },
});

/** The `done` + 1st of four movements, or the way back after so many, held still. */
export const turned = (pose: HeadPose, done: number, isReached = false): SelfieFixture => ({
  state: { at: 'looking', ...turning, challenge: null },
  seen: good,
  posed: {
    act: {
      is: 'turning',
      prompt: { pose, withinMs: 600_000, share: done / 4, steps: 4, done, isReached },
    },
  },
});

export const sending = { at: 'sending', ...passive, attempt, sent: 0.6, linkLost: false } as const;

export const verdict = (
  status: string,
  changes: Partial<SessionView> = {},
  goesOn = true,
): SelfieFixture => ({
  state: {
    at: 'verdict',
    session: { ...session, status, phase: 'finished', ...changes },
    method: 'PASSIVE',
    elsewhere: !goesOn,
  },
  goesOn,
});

/** Approved, on a device that is not to be recognised any more. */
export const forgetting = (how: Forgetting): SelfieFixture => ({
  state: {
    at: 'verdict',
    session: { ...session, status: 'Approved', phase: 'finished' },
    method: 'PASSIVE',
    elsewhere: false,
    forgetting: how,
  },
  goesOn: true,
});

/** A look that will not do, in the method whose judge says so. */
export const again = (problem: FaceProblem | 'stale'): SelfieFixture => {
  const standing = problem === 'pose_missed' ? turning : problem === 'too_much_light' ? flashing : passive;
  return { state: { at: 'again', ...standing, problem } };
};
