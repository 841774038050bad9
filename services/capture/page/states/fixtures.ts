import type { GuidanceAnswer, SessionView } from '../../src/wire.ts';
import type { State, Surroundings } from '../src/states.ts';

/** One state as the gallery shows it. */
export interface Fixture {
  readonly state: State;
  readonly here?: Partial<Surroundings>;
  /** What the service says of the picture; undefined: nobody answers. */
  readonly seen?: GuidanceAnswer;
  readonly goesOn?: boolean;
}

const session: SessionView = {
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
  attempts_left: 2,
  locked_until: null,
};
const passive = { session, method: 'PASSIVE' } as const;
const flashing = {
  session: { ...session, method: 'FLASHING', other_methods: ['ACTIVE_3D', 'PASSIVE'] },
  method: 'FLASHING',
} as const satisfies { session: SessionView; method: string };
const turning = {
  session: { ...session, method: 'ACTIVE_3D', other_methods: ['FLASHING', 'PASSIVE'] },
  method: 'ACTIVE_3D',
} as const satisfies { session: SessionView; method: string };
const onPhone = { isDesktop: false };
const attempt = { id: '22222222-2222-4222-8222-222222222222', isAuto: true };
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();

/** A face as guidance wants it. */
const good: GuidanceAnswer = {
  faces: 1,
  box: { left: 0.32, top: 0.22, width: 0.36, height: 0.46 },
  luminance: 48,
  surroundings: 45,
  angles: { yaw: 0, pitch: 0, roll: 0 },
  sharpness: 60,
  eyes_covered: false,
  mouth_covered: false,
};
const looking = (seen: Partial<GuidanceAnswer>): Fixture => ({
  state: { at: 'looking', ...passive, challenge: null },
  seen: { ...good, ...seen },
});
const sending = { at: 'sending', ...passive, attempt, sent: 0.6, linkLost: false } as const;
const verdict = (status: string, changes: Partial<SessionView> = {}, goesOn = true): Fixture => ({
  state: {
    at: 'verdict',
    session: { ...session, status, phase: 'finished', ...changes },
    method: 'PASSIVE',
    elsewhere: !goesOn,
  },
  goesOn,
});

/** Every state of the page, by the name that the gallery and the tests call it. */
export const fixtures: Readonly<Record<string, Fixture>> = {
  loading: { state: { at: 'loading' } },
  'welcome-match': { state: { at: 'welcome', ...passive }, here: onPhone },
  'welcome-enrol': {
    state: { at: 'welcome', ...passive, session: { ...session, matches: false, enrols: true } },
    here: onPhone,
  },
  'welcome-desktop': { state: { at: 'welcome', ...passive } },
  'welcome-flashing': { state: { at: 'welcome', ...flashing }, here: onPhone },
  'welcome-active': { state: { at: 'welcome', ...turning }, here: onPhone },
  'welcome-brief': {
    state: { at: 'welcome', ...passive, session: { ...session, skips_welcome: true, hides_progress: true } },
    here: onPhone,
  },
  handoff: { state: { at: 'handoff', ...passive, forced: false } },
  'handoff-forced': { state: { at: 'handoff', ...passive, forced: true } },
  'handoff-loopback': { state: { at: 'handoff', ...passive, forced: true }, here: { isLoopback: true } },
  'following-opened': { state: { at: 'following', ...passive, stage: 'opened' } },
  'following-looking': { state: { at: 'following', ...passive, stage: 'looking' } },
  'following-checking': { state: { at: 'following', ...passive, stage: 'checking' } },
  'following-left': { state: { at: 'following', ...passive, stage: 'left' } },
  asking: { state: { at: 'asking', ...passive } },
  'trouble-refused': { state: { at: 'trouble', ...passive, reason: 'refused' } },
  'trouble-absent': { state: { at: 'trouble', ...passive, reason: 'absent' } },
  'trouble-in-use': { state: { at: 'trouble', ...passive, reason: 'in_use' } },
  'trouble-stopped': { state: { at: 'trouble', ...passive, reason: 'stopped' } },
  'trouble-embedded': { state: { at: 'trouble', ...passive, reason: 'embedded' } },
  'trouble-unsupported': { state: { at: 'trouble', ...passive, reason: 'unsupported' } },
  'looking-position': looking({ faces: 0, box: null, angles: null }),
  'looking-closer': looking({ box: { left: 0.42, top: 0.4, width: 0.12, height: 0.16 } }),
  'looking-back': looking({ box: { left: 0.05, top: 0.02, width: 0.9, height: 0.95 } }),
  'looking-centre': looking({ box: { left: 0.04, top: 0.22, width: 0.36, height: 0.46 } }),
  'looking-light': looking({ luminance: 8 }),
  'looking-glare': looking({ luminance: 92 }),
  'looking-alone': looking({ faces: 2 }),
  'looking-straight': looking({ angles: { yaw: 22, pitch: 0, roll: 0 } }),
  'looking-uncover': looking({ eyes_covered: true }),
  'looking-good': looking({}),
  'looking-manual': { state: { at: 'looking', ...passive, challenge: null } },
  'looking-flashing': { state: { at: 'looking', ...flashing, challenge: null }, seen: good },
  'looking-active': { state: { at: 'looking', ...turning, challenge: null }, seen: good },
  'other-way': { state: { at: 'otherway', ...flashing, isAgreed: false } },
  'other-way-declined': {
    state: { at: 'otherway', ...flashing, method: 'PASSIVE', declined: ['FLASHING'], isAgreed: true },
  },
  'other-way-passive': { state: { at: 'otherway', ...passive, isAgreed: true } },
  sending: { state: sending },
  'sending-checking': { state: { ...sending, sent: 1 } },
  'sending-link-lost': { state: { ...sending, linkLost: true } },
  stuck: { state: { at: 'stuck', ...passive, attempt } },
  'again-dark': { state: { at: 'again', ...passive, problem: 'too_dark' } },
  'again-last': {
    state: { at: 'again', ...passive, session: { ...session, attempts_left: 1 }, problem: 'covered' },
  },
  'again-light': { state: { at: 'again', ...flashing, problem: 'too_much_light' } },
  'again-pose': { state: { at: 'again', ...turning, problem: 'pose_missed' } },
  'again-stale': { state: { at: 'again', ...flashing, problem: 'stale' } },
  locked: { state: { at: 'locked', ...passive, until: inAnHour } },
  'locked-over': { state: { at: 'locked', ...passive, until: '' } },
  deciding: { state: { at: 'deciding', ...passive } },
  'verdict-approved': verdict('Approved'),
  'verdict-approved-enrolled': verdict('Approved', { matches: false, enrols: true }),
  'verdict-approved-no-callback': verdict('Approved', { callback: '' }),
  'verdict-approved-elsewhere': verdict('Approved', {}, false),
  'verdict-in-review': verdict('In Review'),
  'verdict-declined': verdict('Declined'),
  'verdict-declined-alone': verdict('Declined', { matches: false, fallback_url: '' }),
  finished: { state: { at: 'finished', ...passive } },
  left: { state: { at: 'left', ...passive } },
  'ended-expired': { state: { at: 'ended', reason: 'expired', ...passive } },
  'ended-unknown': { state: { at: 'ended', reason: 'unknown' } },
  'ended-unavailable': { state: { at: 'ended', reason: 'unavailable' } },
  'ended-busy': { state: { at: 'ended', reason: 'busy' } },
  'ended-slow': { state: { at: 'ended', reason: 'slow', ...passive } },
};

/** In the order in which a user may meet them. */
export const stateNames = Object.keys(fixtures);
