import { answered, asked, noConsent, withdrawing } from './consent-fixtures.ts';
import {
  again,
  attempt,
  type Fixture,
  flashed,
  flashing,
  forgetting,
  type Group,
  good,
  looking,
  onPhone,
  passive,
  sending,
  session,
  turned,
  turning,
  verdict,
} from './fixture-parts.ts';

const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const logo =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 32"%3E%3Crect width="96" height="32" rx="8" fill="%235b21b6"/%3E%3C/svg%3E';
/** A look as appearance.ts writes it: one for light and dark systems alike. */
const branded = {
  brand: `--paper: #f5f3ff; --sheet: #ffffff; --ink: #1e1b3a; --muted: #57536e; --line: #ddd6fe; --accent: #5b21b6;
    --accent-strong: #5b21b6; --on-accent: #ffffff; --accent-soft: #ede9fe; --secondary: #5b21b6; --button: #5b21b6;
    --on-button: #ffffff; --button-2: #ffffff; --button-2-strong: #ffffff; --on-button-2: #5b21b6; --on-pill: #5b21b6;
    --on-paper: #1e1b3a; --glow: #f5f3ff; --warn: #8a4f00; --warn-soft: #fcf0dc; --bad: #a62f27; --bad-soft: #fbe8e5;
    --radius-button: 4px; --radius-panel: 8px; color-scheme: light;`,
};
const brand = { ...session, application_name: 'Contoso Bank', logo_url: logo, hides_progress: true };

/** Every state of the page under headings, in the order in which a user may meet them. */
export const groups: Readonly<Record<string, Group>> = {
  Welcome: {
    loading: { state: { at: 'loading' } },
    'welcome-match': { state: { at: 'welcome', ...passive }, here: onPhone },
    'welcome-enrol': {
      state: { at: 'welcome', ...passive, session: { ...session, matches: false, enrols: true } },
      here: onPhone,
    },
    'welcome-check': {
      state: { at: 'welcome', ...passive, session: { ...session, matches: false } },
      here: onPhone,
    },
    'welcome-kept': {
      state: { at: 'welcome', ...passive, session: { ...session, retains_images: true } },
      here: onPhone,
    },
    'welcome-kept-enrol': {
      state: {
        at: 'welcome',
        ...passive,
        session: { ...session, matches: false, enrols: true, retains_images: true },
      },
      here: onPhone,
    },
    'welcome-desktop': { state: { at: 'welcome', ...passive } },
    'welcome-flashing': { state: { at: 'welcome', ...flashing }, here: onPhone },
    'welcome-active': { state: { at: 'welcome', ...turning }, here: onPhone },
    'welcome-brief': {
      state: {
        at: 'welcome',
        ...passive,
        session: { ...session, skips_welcome: true, hides_progress: true },
      },
      here: onPhone,
    },
    offer: { state: { at: 'offer', ...passive }, here: onPhone },
    'offer-busy': { state: { at: 'offer', ...passive, isTaken: true }, here: onPhone },
    'offer-not-forgotten': { state: { at: 'offer', ...passive, forgetting: 'failed' }, here: onPhone },
    'offer-gone': { state: { at: 'welcome', ...passive, news: 'offer_gone' }, here: onPhone },
    'offer-gone-brief': {
      state: {
        at: 'welcome',
        ...passive,
        session: { ...session, skips_welcome: true, hides_progress: true },
        news: 'offer_gone',
      },
      here: onPhone,
    },
    'offer-forgotten': { state: { at: 'welcome', ...passive, news: 'forgotten' }, here: onPhone },
    'other-way': { state: { at: 'otherway', ...flashing, isAgreed: false } },
    'other-way-passive': { state: { at: 'otherway', ...passive, isAgreed: true } },
    'other-way-active': { state: { at: 'otherway', ...turning, isAgreed: true } },
  },
  'Another device': {
    handoff: { state: { at: 'handoff', ...passive, forced: false } },
    'handoff-forced': { state: { at: 'handoff', ...passive, forced: true } },
    'handoff-loopback': { state: { at: 'handoff', ...passive, forced: true }, here: { isLoopback: true } },
    'following-opened': { state: { at: 'following', ...passive, stage: 'opened' } },
    'following-looking': { state: { at: 'following', ...passive, stage: 'looking' } },
    'following-checking': { state: { at: 'following', ...passive, stage: 'checking' } },
    'following-left': { state: { at: 'following', ...passive, stage: 'left' } },
  },
  Camera: {
    asking: { state: { at: 'asking', ...passive } },
    'trouble-refused': { state: { at: 'trouble', ...passive, reason: 'refused' } },
    'trouble-absent': { state: { at: 'trouble', ...passive, reason: 'absent' } },
    'trouble-in-use': { state: { at: 'trouble', ...passive, reason: 'in_use' } },
    'trouble-stopped': { state: { at: 'trouble', ...passive, reason: 'stopped' } },
    'trouble-embedded': { state: { at: 'trouble', ...passive, reason: 'embedded' }, isFramed: true },
    'trouble-unsupported': { state: { at: 'trouble', ...passive, reason: 'unsupported' } },
  },
  Guidance: {
    'looking-position': looking({ faces: 0, box: null, angles: null }),
    'looking-closer': looking({ box: { left: 0.42, top: 0.4, width: 0.12, height: 0.16 } }),
    'looking-back': looking({ box: { left: 0.05, top: 0.02, width: 0.9, height: 0.95 } }),
    'looking-centre': looking({ box: { left: 0.04, top: 0.22, width: 0.36, height: 0.46 } }),
    'looking-light': looking({ luminance: 8 }),
    'looking-backlight': looking({ luminance: 30, surroundings: 80 }),
    'looking-glare': looking({ luminance: 92 }),
    'looking-alone': looking({ faces: 2 }),
    'looking-straight': looking({ angles: { yaw: 30, pitch: 0, roll: 0 } }),
    'looking-level': looking({ angles: { yaw: 0, pitch: 0, roll: 24 } }),
    'looking-uncover': looking({ eyes_covered: true }),
    'looking-covered': looking({ mouth_covered: true }),
    'looking-blurred': looking({ sharpness: 2 }),
    'looking-good': looking({}),
    'looking-manual': { state: { at: 'looking', ...passive, challenge: null } },
    'looking-offline': { state: { at: 'looking', ...passive, challenge: null }, isOffline: true },
    'looking-waiting': { ...looking({}), posed: { act: { is: 'waiting' } } },
  },
  Colours: {
    'looking-flashing': { state: { at: 'looking', ...flashing, challenge: null }, seen: good },
    'flashing-ready': flashed({ is: 'guiding' }),
    'flashing-countdown': flashed({ is: 'counting', seconds: 3 }),
    'flashing-dark': flashed({ is: 'flashing' }),
    'flashing-red': flashed({ is: 'flashing' }, '#ff0000'),
    'flashing-green': flashed({ is: 'flashing' }, '#00ff00'),
    'flashing-blue': flashed({ is: 'flashing' }, '#0000ff'),
    'flashing-white': flashed({ is: 'flashing' }, '#ffffff'),
  },
  Movements: {
    'looking-active': { state: { at: 'looking', ...turning, challenge: null }, seen: good },
    'turning-left': turned('left', 0),
    'turning-right': turned('right', 1),
    'turning-up': turned('up', 2),
    'turning-down': turned('down', 3),
    'turning-front': turned('front', 2),
    'turning-reached': turned('front', 2, true),
    'turning-missed': {
      state: { at: 'looking', ...turning, challenge: null },
      seen: good,
      posed: { act: { is: 'missed', pose: 'up' } },
    },
  },
  Sending: {
    sending: { state: sending },
    'sending-checking': { state: { ...sending, sent: 1 } },
    'sending-link-lost': { state: { ...sending, linkLost: true } },
    stuck: { state: { at: 'stuck', ...passive, attempt } },
    deciding: { state: { at: 'deciding', ...passive } },
  },
  'Once more': {
    'again-face': again('no_face'),
    'again-faces': again('multiple_faces'),
    'again-small': again('too_small'),
    'again-dark': again('too_dark'),
    'again-bright': again('too_bright'),
    'again-turned': again('turned_away'),
    'again-quality': again('low_quality'),
    'again-blurred': again('blurred'),
    'again-covered': again('covered'),
    'again-light': again('too_much_light'),
    'again-frames': again('too_few_frames'),
    'again-pose': again('pose_missed'),
    'again-stale': again('stale'),
    'again-last': {
      state: { at: 'again', ...passive, session: { ...session, attempts_left: 1 }, problem: 'covered' },
    },
    locked: { state: { at: 'locked', ...passive, until: inAnHour } },
    'locked-over': { state: { at: 'locked', ...passive, until: '' } },
  },
  Verdict: {
    'verdict-approved': verdict('Approved'),
    'verdict-approved-enrolled': verdict('Approved', { matches: false, enrols: true }),
    'verdict-approved-no-callback': verdict('Approved', { callback: '' }),
    'verdict-approved-elsewhere': verdict('Approved', {}, false),
    'verdict-approved-forgotten': forgetting('done'),
    'verdict-approved-not-forgotten': forgetting('failed'),
    'verdict-skipped': verdict('Approved', { skipped_selfie: true }),
    'verdict-skipped-no-callback': verdict('Approved', { skipped_selfie: true, callback: '' }),
    'verdict-in-review': verdict('In Review'),
    'verdict-declined': verdict('Declined'),
    'verdict-declined-check': verdict('Declined', { matches: false }),
    'verdict-declined-enrol': verdict('Declined', { matches: false, enrols: true }),
    'verdict-declined-no-fallback': verdict('Declined', { fallback_url: '' }),
    'verdict-declined-no-callback': verdict('Declined', { fallback_url: '', callback: '' }),
    'verdict-declined-elsewhere': verdict('Declined', {}, false),
    finished: { state: { at: 'finished', ...passive } },
    'finished-no-callback': { state: { at: 'finished', ...passive, session: { ...session, callback: '' } } },
  },
  'Left and ended': {
    left: { state: { at: 'left', ...passive } },
    'left-locked': { state: { at: 'left', ...passive, until: inAnHour } },
    'ended-expired': { state: { at: 'ended', reason: 'expired', ...passive } },
    'ended-unknown': { state: { at: 'ended', reason: 'unknown' } },
    'ended-unavailable': { state: { at: 'ended', reason: 'unavailable' } },
    'ended-busy': { state: { at: 'ended', reason: 'busy' } },
    'ended-slow': { state: { at: 'ended', reason: 'slow', ...passive } },
  },
  'Inside of another page': {
    'framed-approved': { ...verdict('Approved', { callback: '' }), isFramed: true },
    'framed-declined': { ...verdict('Declined', { callback: '', fallback_url: '' }), isFramed: true },
    'framed-finished': {
      state: { at: 'finished', ...passive, session: { ...session, callback: '' } },
      isFramed: true,
    },
  },
  'White label': {
    'brand-welcome': { state: { at: 'welcome', ...passive, session: brand }, here: onPhone, ...branded },
    'brand-offer': { state: { at: 'offer', ...passive, session: brand }, here: onPhone, ...branded },
    'brand-looking': {
      state: { at: 'looking', ...passive, session: brand, challenge: null },
      seen: good,
      ...branded,
    },
    'brand-approved': { ...verdict('Approved', brand), ...branded },
    'brand-consent': { ...asked({}, { application_name: 'Contoso Bank', logo_url: logo }), ...branded },
    'brand-consent-given': {
      ...answered('given', {}, { application_name: 'Contoso Bank', logo_url: logo }),
      ...branded,
    },
  },
  'A consent': {
    'consent-asked': asked(),
    'consent-unread': asked({}, {}, { isArmed: false }),
    'consent-changed': asked({ isChanged: true }),
    'consent-no-policy': asked({}, { privacy_policy_url: '' }),
    'consent-sending': asked({ sending: 'agree' }),
    'consent-not-sent': asked({ problem: 'not_sent' }),
    'consent-too-many': asked({ problem: 'too_many' }),
    'consent-no-key': asked({}, {}, { canSign: false }),
    'consent-no-key-framed': { ...asked({}, {}, { canSign: false }), isFramed: true },
    'consent-given': answered('given', { isFresh: true }),
    'consent-given-no-callback': answered('given', { isFresh: true }, { callback: '' }),
    'consent-given-before': answered('given'),
    'consent-given-elsewhere': answered('given', { isElsewhere: true }),
    'consent-refused': answered('refused', { isFresh: true }),
    'consent-refused-before': answered('refused'),
    'consent-withdrawing': withdrawing(),
    'consent-withdrawing-sending': withdrawing({ isSending: true }),
    'consent-withdrawing-not-sent': withdrawing({ problem: 'not_sent' }),
    'consent-withdrawn': answered('withdrawn'),
    'consent-expired': answered('expired'),
    'consent-expired-no-callback': answered('expired', {}, { callback: '' }),
    'consent-unknown': noConsent('unknown'),
    'consent-unavailable': noConsent('unavailable'),
    'consent-unavailable-asking': noConsent('unavailable', true),
    'consent-busy': noConsent('busy'),
  },
};

/** Every state of the page by its name. */
export const fixtures: Readonly<Record<string, Fixture>> = Object.assign({}, ...Object.values(groups));

/** In the order in which a user may meet them. */
export const stateNames = Object.keys(fixtures);
