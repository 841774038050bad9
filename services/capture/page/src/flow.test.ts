import { describe, expect, it } from 'vitest';
import type { SessionView } from '../../src/wire.ts';
import { canLeave, firstStep, nextStep, openingStep } from './flow.ts';
import { alternatives } from './methods.ts';
import type { FlowEvent, State, Step, Surroundings } from './states.ts';

const session: SessionView = {
  session_id: 's-1',
  application_name: 'Northwind',
  status: 'In Progress',
  phase: 'ready',
  language: '',
  callback: 'https://app.example/done',
  callback_method: 'both',
  callback_seconds: null,
  method: 'PASSIVE',
  other_methods: [],
  is_desktop_allowed: true,
  fallback_url: '',
  privacy_policy_url: '',
  skips_welcome: false,
  hides_progress: false,
  logo_url: '',
  enrols: false,
  matches: true,
  retains_images: false,
  attempts_left: 3,
  locked_until: null,
  visit_nonce: '',
  offers_skip: false,
  skipped_selfie: false,
  wants_proof_again: false,
};
const phone: Surroundings = { isDesktop: false, isLoopback: false, lessMotion: false };
const desk: Surroundings = { ...phone, isDesktop: true };
const flashing: SessionView = { ...session, method: 'FLASHING', other_methods: ['ACTIVE_3D', 'PASSIVE'] };
const attempt = { id: 'a-1', isAuto: true };
const tooDark = { result: 'retry', problem: 'too_dark', attempts_left: 1 } as const;

/** Plays events from the start; the step of the last one. */
function play(...events: FlowEvent[]): Step {
  return playOn(phone, ...events);
}

function playOn(here: Surroundings, ...events: FlowEvent[]): Step {
  let step = firstStep(null, here);
  for (const event of events) step = nextStep(step.state, event, here);
  return step;
}

const opened: FlowEvent = { is: 'opened', session };
const toLooking: FlowEvent[] = [opened, { is: 'agreed' }, { is: 'camera_ready' }];
const toSending: FlowEvent[] = [...toLooking, { is: 'captured', attempt }];
const told = (step: Step) => step.effects.flatMap((effect) => (effect.do === 'tell' ? [effect.event] : []));
const done = (step: Step) => step.effects.map((effect) => effect.do);

describe('the page', () => {
  it('goes from the link to the verdict', () => {
    expect(play().state.at).toBe('loading');
    expect(play(opened).state.at).toBe('welcome');
    expect(done(play(opened, { is: 'agreed' }))).toContain('start_camera');
    expect(play(...toLooking).state.at).toBe('looking');
    expect(done(play(...toSending))).toContain('upload');
    const end = play(...toSending, {
      is: 'answered',
      answer: { result: 'verdict', status: 'In Review', callback: 'acme://done' },
    });
    expect(end.state).toMatchObject({
      at: 'verdict',
      session: { status: 'In Review', callback: 'acme://done' },
    });
    expect(done(end)).toContain('stop_camera');
  });

  it('tells the embedding page every step by its name', () => {
    const events: FlowEvent[] = [
      ...toSending,
      { is: 'sent', share: 0.5 },
      { is: 'sent', share: 1 },
      { is: 'sent', share: 1 },
      { is: 'answered', answer: { result: 'verdict', status: 'Approved', callback: '' } },
    ];
    const names = events.flatMap((_, index) =>
      told(play(...events.slice(0, index + 1))).map(({ type }) => type),
    );
    expect(names).toEqual([
      'ready',
      'started',
      'step_started',
      'media_started',
      'media_captured',
      'verification_submitted',
      'step_completed',
      'status_updated',
      'completed',
    ]);
  });

  it('tells that the look has arrived before its verdict, whoever brings it first', () => {
    const answer = { result: 'verdict', status: 'Approved', callback: '' } as const;
    const sending = play(...toSending).state;
    for (const event of [
      { is: 'answered', answer },
      { is: 'concluded', status: 'Approved', callback: '' },
    ] as const) {
      const end = nextStep(sending, event, phone);
      expect(end.state).toMatchObject({ at: 'verdict', elsewhere: false });
      expect(told(end)[0]).toEqual({ type: 'verification_submitted', step: 'face' });
    }
  });

  it('takes one frame however often the shutter is pressed', () => {
    const once = play(...toSending);
    const twice = nextStep(once.state, { is: 'captured', attempt: { id: 'a-2', isAuto: false } }, phone);
    expect(twice).toEqual({ state: once.state, effects: [] });
  });

  it('says what was wrong with a frame and starts the camera for another', () => {
    const again = play(...toSending, {
      is: 'answered',
      answer: { result: 'retry', problem: 'too_dark', attempts_left: 1 },
    });
    expect(again.state).toMatchObject({ at: 'again', problem: 'too_dark', session: { attempts_left: 1 } });
    const retried = nextStep(again.state, { is: 'try_again' }, phone);
    expect(retried.state.at).toBe('asking');
    expect(done(retried)).toEqual(['start_camera']);
  });

  it('lets those whose picture does not get through look for another way, and come back to it', () => {
    const stuck = play(...toSending, { is: 'stuck' }).state;
    const lost = play(...toSending, { is: 'link', lost: true }).state;
    for (const state of [stuck, lost]) {
      const other = nextStep(state, { is: 'other_way' }, phone);
      expect(other.state).toMatchObject({ at: 'otherway', unsent: attempt });
      const back = nextStep(other.state, { is: 'back' }, phone);
      expect(back.state).toMatchObject({ at: 'sending', attempt });
      expect(back.effects).toEqual([{ do: 'upload', attempt }]);
      expect(nextStep(other.state, { is: 'handoff' }, phone).state.at).toBe('handoff');
    }
    for (const events of [
      [],
      [
        { is: 'sent', share: 1 },
        { is: 'link', lost: true },
      ],
    ] as FlowEvent[][]) {
      const { state } = play(...toSending, ...events);
      expect(nextStep(state, { is: 'other_way' }, phone).state).toEqual(state);
    }
  });

  it('keeps an undelivered frame and sends it again as the same attempt', () => {
    const stuck = play(...toSending, { is: 'stuck' });
    const retried = nextStep(stuck.state, { is: 'try_again' }, phone);
    expect(retried.effects).toEqual([{ do: 'upload', attempt }]);
  });

  it('sends the frame once more under a new id where the old one is void', () => {
    const renewed = play(...toSending, { is: 'sent', share: 1 }, { is: 'renewed', id: 'a-2' });
    const next = { id: 'a-2', isAuto: true, isRenewed: true } as const;
    expect(renewed.state).toMatchObject({ at: 'sending', attempt: next, sent: 0 });
    expect(renewed.effects).toEqual([{ do: 'upload', attempt: next }]);
    expect(play({ is: 'renewed', id: 'a-2' }).state.at).toBe('loading');
  });

  it('waits for a verdict that takes longer, and shows it when it comes', () => {
    const pending = play(...toSending, { is: 'answered', answer: { result: 'pending' } });
    expect(pending.state.at).toBe('deciding');
    expect(done(pending)).toContain('poll');
    expect(nextStep(pending.state, opened, phone).state.at).toBe('deciding');
    const finished = { ...session, phase: 'finished', status: 'Approved' } as const;
    expect(nextStep(pending.state, { is: 'opened', session: finished }, phone).state.at).toBe('verdict');
  });

  it('remembers the frame whose verdict stays away, and takes the answer to its repetition', () => {
    const pending = play(...toSending, { is: 'answered', answer: { result: 'pending' } });
    expect(pending.effects).toContainEqual({ do: 'poll', attempt });
    const still = nextStep(pending.state, { is: 'answered', answer: { result: 'pending' } }, phone);
    expect(still).toEqual({ state: pending.state, effects: [] });
    const verdict = { result: 'verdict', status: 'Approved', callback: '' } as const;
    expect(nextStep(pending.state, { is: 'answered', answer: verdict }, phone).state.at).toBe('verdict');
    const given = nextStep(pending.state, { is: 'failed', reason: 'unavailable' }, phone);
    expect(given.state).toMatchObject({ at: 'ended', reason: 'unavailable' });
    expect(nextStep(given.state, { is: 'try_again' }, phone)).toEqual(openingStep);
  });

  it('says when to come back where too many tries have failed, however it learns of it', () => {
    const until = '2026-05-01T12:35:00.000Z';
    const locked = { ...session, phase: 'locked', locked_until: until } as const;
    const steps = [
      play({ is: 'opened', session: locked }),
      play(...toSending, { is: 'answered', answer: { result: 'locked', until } }),
      play(
        ...toSending,
        { is: 'answered', answer: { result: 'pending' } },
        { is: 'opened', session: locked },
      ),
    ];
    for (const step of steps) {
      expect(step.state).toMatchObject({ at: 'locked', until });
      expect(done(step)).toContain('stop_camera');
      expect(nextStep(step.state, { is: 'try_again' }, phone)).toEqual(openingStep);
      expect(nextStep(step.state, { is: 'leave' }, phone).state).toMatchObject({ at: 'left', until });
    }
  });

  it('offers a way on from every camera trouble', () => {
    for (const reason of ['refused', 'absent', 'in_use', 'stopped', 'embedded', 'unsupported'] as const) {
      const trouble = play(opened, { is: 'agreed' }, { is: 'camera_trouble', reason });
      expect(trouble.state).toMatchObject({ at: 'trouble', reason });
      expect(nextStep(trouble.state, { is: 'try_again' }, phone).state.at).toBe('asking');
    }
  });
});

describe('leaving', () => {
  it('is reported from every state before a frame is judged, by button or by closing the page', () => {
    const states: FlowEvent[][] = [
      [opened],
      [opened, { is: 'agreed' }],
      toLooking,
      toSending,
      [...toSending, { is: 'stuck' }],
      [opened, { is: 'agreed' }, { is: 'camera_trouble', reason: 'refused' }],
    ];
    for (const events of states) {
      expect(done(play(...events, { is: 'page_hidden' }))).toEqual(['leave', 'stop_camera']);
      const byButton = play(...events, { is: 'leave' });
      expect(byButton.state.at).toBe('left');
      expect(told(byButton).map(({ type }) => type)).toEqual(['cancelled']);
    }
  });

  it('means nothing once there is a verdict, or one on its way', () => {
    const verdict: FlowEvent = {
      is: 'answered',
      answer: { result: 'verdict', status: 'Approved', callback: '' },
    };
    const pending: FlowEvent = { is: 'answered', answer: { result: 'pending' } };
    for (const events of [[...toSending, verdict], [...toSending, pending], []]) {
      expect(play(...events, { is: 'page_hidden' }).effects).toEqual([]);
    }
  });

  it('is undone by coming back', () => {
    const left = play(...toLooking, { is: 'leave' });
    expect(nextStep(left.state, { is: 'try_again' }, phone)).toEqual(openingStep);
    expect(nextStep(left.state, { is: 'page_shown' }, phone)).toEqual(openingStep);
  });
});

describe('a link', () => {
  it('that is finished, expired, unknown or out of reach says so and takes no picture', () => {
    const finished = { ...session, phase: 'finished', status: 'Declined' } as const;
    expect(play({ is: 'opened', session: finished }).state.at).toBe('finished');
    const expired = { ...session, phase: 'expired', status: 'Expired' } as const;
    expect(play({ is: 'opened', session: expired }).state).toMatchObject({ at: 'ended', reason: 'expired' });
    for (const reason of ['unknown', 'unavailable', 'busy'] as const) {
      const ended = play({ is: 'failed', reason });
      expect(ended.state).toMatchObject({ at: 'ended', reason });
      expect(nextStep(ended.state, { is: 'try_again' }, phone)).toEqual(openingStep);
    }
  });

  it('whose attempts are spent waits for its verdict', () => {
    const spent = { ...session, phase: 'deciding', attempts_left: 0 } as const;
    const step = play({ is: 'opened', session: spent });
    expect(step.state.at).toBe('deciding');
    expect(done(step)).toContain('poll');
  });
});

describe('no event', () => {
  it('of another state ever moves the page or makes it act', () => {
    const strangers: FlowEvent[] = [
      { is: 'camera_ready' },
      { is: 'captured', attempt },
      { is: 'sent', share: 1 },
      { is: 'stuck' },
      { is: 'answered', answer: { result: 'pending' } },
    ];
    const state: State = play(opened).state;
    for (const event of strangers) expect(nextStep(state, event, phone)).toEqual({ state, effects: [] });
  });
});

describe('the first screen', () => {
  it('is there with the page, and the session is opened behind it', () => {
    const first = firstStep({ session }, phone);
    expect(first.state).toMatchObject({ at: 'welcome', method: 'PASSIVE' });
    expect(done(first)).toEqual(['tell', 'open']);
    const opened = nextStep(first.state, { is: 'opened', session: { ...session, attempts_left: 2 } }, phone);
    expect(opened).toMatchObject({ state: { at: 'welcome', session: { attempts_left: 2 } }, effects: [] });
  });

  it('gives way to what opening finds out, without greeting the embedder twice', () => {
    const { state } = firstStep({ session }, phone);
    for (const [phase, at] of [
      ['finished', 'finished'],
      ['expired', 'ended'],
      ['deciding', 'deciding'],
      ['locked', 'locked'],
    ] as const) {
      const step = nextStep(state, { is: 'opened', session: { ...session, phase } }, phone);
      expect(step.state.at).toBe(at);
      expect(told(step).map(({ type }) => type)).not.toContain('ready');
    }
    const refused = nextStep(state, { is: 'failed', reason: 'expired' }, phone);
    expect(refused.state).toMatchObject({ at: 'ended', reason: 'expired' });
  });

  it('says why there is no session, and asks again when the user does', () => {
    const away = firstStep({ reason: 'unavailable' }, phone);
    expect(away.state).toMatchObject({ at: 'ended', reason: 'unavailable' });
    expect(nextStep(away.state, { is: 'try_again' }, phone)).toEqual(openingStep);
  });

  it('is opened once more for a locked session, which then stays as it is', () => {
    const locked = { ...session, phase: 'locked', locked_until: '2026-05-01T12:35:00.000Z' } as const;
    const first = firstStep({ session: locked }, phone);
    expect(done(first)).toContain('open');
    const again = nextStep(first.state, { is: 'opened', session: locked }, phone);
    expect(again).toEqual({ state: first.state, effects: [] });
  });
});

describe('liveness', () => {
  const arrived: FlowEvent = { is: 'opened', session: flashing };

  it('is shown without flashes to those who have asked their system for less motion', () => {
    expect(play(arrived).state).toMatchObject({ method: 'FLASHING' });
    const gentle = playOn({ ...phone, lessMotion: true }, arrived);
    expect(gentle.state).toMatchObject({ at: 'welcome', method: 'ACTIVE_3D' });
    const only = { ...flashing, other_methods: [] };
    const none = playOn({ ...phone, lessMotion: true }, { is: 'opened', session: only });
    expect(none.state).toMatchObject({ method: 'FLASHING' });
  });

  it('may be shown in another way, chosen before it begins or in the middle of it', () => {
    const chosen = play(arrived, { is: 'method', method: 'ACTIVE_3D' });
    expect(chosen.state).toMatchObject({ at: 'welcome', method: 'ACTIVE_3D' });
    const looking = play(arrived, { is: 'agreed' }, { is: 'camera_ready' });
    expect(done(looking)).toContain('challenge');
    const other = nextStep(looking.state, { is: 'other_way' }, phone);
    expect(other).toMatchObject({
      state: { at: 'otherway', isAgreed: true },
      effects: [{ do: 'stop_camera' }],
    });
    const passive = nextStep(other.state, { is: 'method', method: 'PASSIVE' }, phone);
    expect(passive).toMatchObject({ state: { at: 'asking', method: 'PASSIVE' } });
    expect(done(passive)).toEqual(['start_camera']);
    expect(nextStep(other.state, { is: 'back' }, phone).state).toMatchObject({ method: 'FLASHING' });
    const before = play(arrived, { is: 'other_way' }, { is: 'method', method: 'PASSIVE' });
    expect(before.state).toMatchObject({ at: 'welcome', method: 'PASSIVE' });
  });

  it('is not proposed first again in a way that the user has turned away from, whatever happens between', () => {
    const events: FlowEvent[] = [
      ...[arrived, { is: 'agreed' }, { is: 'camera_ready' }, { is: 'other_way' }],
      ...[{ is: 'method', method: 'ACTIVE_3D' }, { is: 'camera_ready' }],
      ...[{ is: 'camera_trouble', reason: 'stopped' }, { is: 'try_again' }, { is: 'camera_ready' }],
      ...[{ is: 'captured', attempt }, { is: 'answered', answer: tooDark }, { is: 'other_way' }],
    ] as FlowEvent[];
    const { state } = play(...events);
    if (state.at !== 'otherway') throw new Error(`is at ${state.at}`);
    expect(alternatives(state)).toEqual(['PASSIVE', 'FLASHING']);
    const back = nextStep(state, { is: 'method', method: 'FLASHING' }, phone).state;
    expect(back).toMatchObject({ method: 'FLASHING', declined: ['ACTIVE_3D'] });
  });

  it('is never shown in a way that the session does not offer', () => {
    const step = play({ is: 'opened', session }, { is: 'method', method: 'FLASHING' });
    expect(step.state).toMatchObject({ method: 'PASSIVE' });
  });

  it('whose challenge came too late is shown again, and no try is lost', () => {
    const events: FlowEvent[] = [
      arrived,
      { is: 'agreed' },
      { is: 'camera_ready' },
      { is: 'captured', attempt },
    ];
    const stale = play(...events, { is: 'answered', answer: { result: 'stale' } });
    expect(stale.state).toMatchObject({ at: 'again', problem: 'stale', session: { attempts_left: 3 } });
    expect(nextStep(stale.state, { is: 'try_again' }, phone).state).toMatchObject({ at: 'asking' });
  });

  it('of too many failed tries is not begun', () => {
    const until = '2026-05-01T12:35:00.000Z';
    const locked = play(arrived, { is: 'agreed' }, { is: 'camera_ready' }, { is: 'locked', until });
    expect(locked.state).toMatchObject({ at: 'locked', until });
    expect(done(locked)).toContain('stop_camera');
  });
});

describe('two devices', () => {
  const phoneOnly: FlowEvent = { is: 'opened', session: { ...session, is_desktop_allowed: false } };

  it('a computer begins with the code where the application wants no computers', () => {
    expect(playOn(desk, phoneOnly).state).toMatchObject({ at: 'handoff', forced: true });
    expect(playOn(phone, phoneOnly).state.at).toBe('welcome');
    expect(playOn(desk, phoneOnly, { is: 'here' }).state.at).toBe('handoff');
    expect(playOn({ ...desk, isLoopback: true }, phoneOnly, { is: 'here' }).state.at).toBe('welcome');
  });

  it('the one that showed the code follows, and shows the verdict of the other', () => {
    const events: FlowEvent[] = [opened, { is: 'handoff' }, { is: 'elsewhere', stage: 'opened' }];
    expect(playOn(desk, ...events).state).toMatchObject({ at: 'following', stage: 'opened' });
    const looking = playOn(desk, ...events, { is: 'elsewhere', stage: 'looking' });
    expect(looking.state).toMatchObject({ at: 'following', stage: 'looking' });
    const end = nextStep(
      looking.state,
      { is: 'concluded', status: 'Approved', callback: 'acme://done' },
      desk,
    );
    expect(end.state).toMatchObject({
      at: 'verdict',
      elsewhere: true,
      session: { status: 'Approved', callback: 'acme://done' },
    });
    const asked = { ...session, phase: 'finished', status: 'Declined' } as const;
    const polled = nextStep(looking.state, { is: 'opened', session: asked }, desk);
    expect(polled.state).toMatchObject({ at: 'verdict', elsewhere: true });
    expect(nextStep(looking.state, { is: 'here' }, desk).state.at).toBe('welcome');
  });

  it('the one that looks gives way to another that looks, not to one that was only opened', () => {
    const looking = play(...toLooking);
    expect(nextStep(looking.state, { is: 'elsewhere', stage: 'opened' }, phone)).toEqual({
      state: looking.state,
      effects: [],
    });
    const given = nextStep(looking.state, { is: 'elsewhere', stage: 'looking' }, phone);
    expect(given).toMatchObject({ state: { at: 'following' }, effects: [{ do: 'stop_camera' }] });
  });

  it('the one whose picture is on its way waits for its own answer', () => {
    const sending = play(...toSending);
    const step = nextStep(sending.state, { is: 'elsewhere', stage: 'checking' }, phone);
    expect(step).toEqual({ state: sending.state, effects: [] });
  });

  it('the one that follows says no goodbye when it is closed', () => {
    const following = playOn(desk, opened, { is: 'handoff' }, { is: 'elsewhere', stage: 'looking' });
    expect(canLeave(following.state)).toBe(false);
    expect(done(nextStep(following.state, { is: 'page_hidden' }, desk))).toEqual([]);
  });
});

describe('what the opening answers', () => {
  const own = (changes: Partial<SessionView>): FlowEvent => ({
    is: 'opened',
    session: { ...session, ...changes },
  });
  const start = firstStep({ session }, phone).state;
  const after = (state: State, ...events: FlowEvent[]) =>
    events.reduce((step, event) => nextStep(step.state, event, phone), { state, effects: [] } as Step);

  it('about the method holds from then on, and a challenge of the old one is not waited for', () => {
    const stricter = own({ method: 'ACTIVE_3D', other_methods: ['FLASHING'] });
    expect(after(start, stricter).state).toMatchObject({ at: 'welcome', method: 'ACTIVE_3D' });
    expect(after(start, { is: 'agreed' }, stricter).state).toMatchObject({
      at: 'asking',
      method: 'ACTIVE_3D',
    });
    const looking = after(start, { is: 'agreed' }, { is: 'camera_ready' }, stricter);
    expect(looking.state).toMatchObject({ at: 'looking', method: 'ACTIVE_3D', challenge: null });
    expect(done(looking)).toEqual(['fit_camera', 'challenge']);
    const there = after(start, { is: 'handoff' }, stricter, { is: 'here' });
    expect(there.state).toMatchObject({ at: 'welcome', method: 'ACTIVE_3D' });
  });

  it('takes away no choice that is still offered', () => {
    const chosen = after(firstStep({ session: flashing }, phone).state, { is: 'method', method: 'PASSIVE' });
    const same = { method: flashing.method, other_methods: flashing.other_methods };
    expect(after(chosen.state, own(same)).state).toMatchObject({ method: 'PASSIVE' });
    expect(after(chosen.state, own({ method: 'ACTIVE_3D', other_methods: ['PASSIVE'] })).state).toMatchObject(
      {
        method: 'PASSIVE',
      },
    );
    expect(
      after(chosen.state, own({ method: 'ACTIVE_3D', other_methods: ['FLASHING'] })).state,
    ).toMatchObject({
      method: 'ACTIVE_3D',
    });
  });
});

describe('an offer to go on without a selfie', () => {
  const of = (changes: Partial<SessionView>) => ({ session: { ...session, ...changes } });
  const offer: FlowEvent = { is: 'opened', ...of({ offers_skip: true }) };
  const letIn = of({ status: 'Approved', phase: 'finished', skipped_selfie: true });
  const start = firstStep({ session }, phone).state;
  const after = (state: State, ...events: FlowEvent[]) =>
    events.reduce((step, event) => nextStep(step.state, event, phone), { state, effects: [] } as Step);
  const names = (step: Step) => told(step).map(({ type }) => type);
  const offered = after(start, offer).state;
  const taken = after(offered, { is: 'continue' }).state;

  it('is made at the welcome, and first of all where the page begins with it', () => {
    expect(after(start, offer)).toMatchObject({ state: { at: 'offer' }, effects: [] });
    const brief = firstStep(of({ skips_welcome: true }), phone).state;
    const asBrief: FlowEvent = { is: 'opened', ...of({ skips_welcome: true, offers_skip: true }) };
    expect(after(brief, asBrief).state.at).toBe('offer');
    const first = after({ at: 'loading' }, offer);
    expect([first.state.at, names(first)]).toEqual(['offer', ['ready']]);
    const gentle = firstStep({ session: flashing }, phone).state;
    const chosen = after(gentle, { is: 'method', method: 'PASSIVE' }, offer);
    expect(chosen.state).toMatchObject({ at: 'offer', method: 'PASSIVE' });
  });

  const standing = { session, method: 'PASSIVE' } as const;
  const finished = { ...session, status: 'Approved', phase: 'finished' } as const;
  it.each([
    { at: 'handoff', ...standing, forced: false },
    { at: 'handoff', ...standing, forced: true },
    { at: 'following', ...standing, stage: 'opened' },
    { at: 'asking', ...standing },
    { at: 'trouble', ...standing, reason: 'refused' },
    { at: 'looking', ...standing, challenge: null },
    { at: 'otherway', ...standing, isAgreed: false },
    { at: 'sending', ...standing, attempt, sent: 0.5, linkLost: false },
    { at: 'stuck', ...standing, attempt },
    { at: 'again', ...standing, problem: 'too_dark' },
    { at: 'locked', ...standing, until: '' },
    { at: 'deciding', ...standing },
    { at: 'verdict', ...standing, session: finished, elsewhere: false },
    { at: 'finished', ...standing, session: finished },
    { at: 'left', ...standing },
    { at: 'ended', reason: 'unavailable', ...standing },
  ] satisfies State[])('is nothing to a page at $at', (state) => {
    const step = after(state, offer);
    expect(step.state.at).toBe(state.at);
    expect(step.effects).toEqual([]);
    for (const is of ['continue', 'selfie'] as const) {
      expect(after(state, { is })).toEqual({ state, effects: [] });
    }
    const answer: FlowEvent = { is: 'continued', ...letIn };
    expect(after(state, answer)).toEqual({ state, effects: [] });
  });

  it('is not made where the application wants no computers', () => {
    const phoneOnly = of({ is_desktop_allowed: false, offers_skip: true });
    expect(playOn(desk, { is: 'opened', ...phoneOnly }).state).toMatchObject({ at: 'handoff', forced: true });
  });

  it('approves nobody who has not taken it: an opening shows no success', () => {
    const opened: FlowEvent = { is: 'opened', ...letIn };
    for (const state of [
      start,
      offered,
      taken,
      { at: 'loading' } as const,
      after(start, { is: 'agreed' }).state,
    ]) {
      expect(after(state, opened).state.at).not.toBe('verdict');
    }
    for (const state of [start, offered]) {
      expect(after(state, { is: 'continued', ...letIn })).toEqual({ state, effects: [] });
    }
  });

  it('is taken by one press, however often it is pressed, and its answer is the end', () => {
    const step = after(offered, { is: 'continue' });
    expect(step.state).toMatchObject({ at: 'offer', isTaken: true });
    expect(done(step)).toEqual(['tell', 'continue']);
    expect(names(step)).toEqual(['started']);
    for (const is of ['continue', 'selfie', 'forget', 'agreed', 'leave', 'page_hidden', 'handoff'] as const) {
      expect(after(taken, { is })).toEqual({ state: taken, effects: [] });
    }
    expect(canLeave(taken)).toBe(false);
    const end = after(taken, { is: 'continued', ...letIn });
    expect(end.state).toMatchObject({ at: 'verdict', elsewhere: false, session: { status: 'Approved' } });
    expect(told(end)).toEqual([
      { type: 'status_updated', status: 'Approved', previousStep: 'face' },
      { type: 'completed', status: 'Approved' },
    ]);
  });

  it('that is taken waits for its own answer, whatever is heard meanwhile', () => {
    const heard: FlowEvent[] = [
      { is: 'opened', ...letIn },
      { is: 'opened', ...of({ phase: 'deciding' }) },
      { is: 'concluded', status: 'Approved', callback: '' },
      { is: 'elsewhere', stage: 'looking' },
    ];
    for (const event of heard) expect(after(taken, event)).toEqual({ state: taken, effects: [] });
  });

  it('that does not hold any more leads to the selfie, and what was begun is not begun twice', () => {
    for (const changes of [{ method: 'ACTIVE_3D' }, { method: 'ACTIVE_3D', offers_skip: true }] as const) {
      const gone = after(taken, { is: 'continued', ...of(changes) });
      expect(gone.state).toMatchObject({ at: 'welcome', method: 'ACTIVE_3D', news: 'offer_gone' });
      expect(gone.effects).toEqual([]);
      expect(names(after(gone.state, { is: 'agreed' }))).toEqual(['step_started']);
    }
  });

  it.each([
    ['deciding', 'deciding'],
    ['locked', 'locked'],
    ['finished', 'finished'],
    ['expired', 'ended'],
  ] as const)('of a session that has become %s leads there', (phase, at) => {
    const step = after(taken, { is: 'continued', ...of({ phase }) });
    expect(step.state.at).toBe(at);
    expect(names(step)).not.toContain('ready');
  });

  it('that cannot be taken over a bad link is made again by trying again', () => {
    const ended = after(taken, { is: 'failed', reason: 'unavailable' });
    expect(ended.state).toMatchObject({ at: 'ended', reason: 'unavailable' });
    expect(told(ended)).toEqual([{ type: 'error', error: 'networkError' }]);
    expect(after(ended.state, { is: 'try_again' })).toEqual(openingStep);
  });

  it('may be turned down for a selfie, and is not made again then', () => {
    const welcome = after(offered, { is: 'selfie' });
    expect(welcome.state).toMatchObject({ at: 'welcome', session: { offers_skip: false } });
    expect(after(welcome.state, { is: 'continue' })).toEqual({ state: welcome.state, effects: [] });
    expect(names(after(welcome.state, { is: 'agreed' }))).toEqual(['started', 'step_started']);
  });

  it('stays while nothing new is heard, and gives way to another device and to the end', () => {
    expect(after(offered, opened).state.at).toBe('offer');
    expect(after(offered, { is: 'elsewhere', stage: 'opened' }).state.at).toBe('following');
    expect(after(offered, { is: 'opened', ...letIn }).state.at).toBe('finished');
    expect(names(after(offered, { is: 'leave' }))).toEqual(['cancelled']);
  });

  it('and the end may be followed by the wish to be forgotten, asked for once at a time', () => {
    const end = after(taken, { is: 'continued', ...letIn }).state;
    for (const state of [offered, end]) {
      const asked = after(state, { is: 'forget' });
      expect(done(asked)).toEqual(['forget']);
      for (const is of ['forget', 'continue', 'selfie'] as const) {
        expect(done(after(asked.state, { is }))).toEqual([]);
      }
      const failed = after(asked.state, { is: 'forgotten', isHeard: false });
      expect(failed.state).toMatchObject({ forgetting: 'failed' });
      expect(done(after(failed.state, { is: 'forget' }))).toEqual(['forget']);
    }
    const forgotten = after(end, { is: 'forget' }, { is: 'forgotten', isHeard: true });
    expect(forgotten.state).toMatchObject({ forgetting: 'done' });
    expect(done(after(forgotten.state, { is: 'forget' }))).toEqual([]);
    const asksForSelfie = after(offered, { is: 'forget' }, { is: 'forgotten', isHeard: true });
    expect(asksForSelfie.state).toMatchObject({ at: 'welcome', news: 'forgotten' });
    expect(names(after(asksForSelfie.state, { is: 'agreed' }))).toEqual(['started', 'step_started']);
    expect(after(start, { is: 'forget' }).state).toEqual(start);
  });
});
