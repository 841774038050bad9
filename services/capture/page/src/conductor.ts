import type { ChallengeView, PageFacts } from '../../src/wire.ts';
import { attemptIds } from './attempt-ids.ts';
import { createChallenges } from './challenges.ts';
import { forgetDevice, openSession, pause, type SessionPath, sendLeave, type ViewAnswer } from './client.ts';
import { createCompanion } from './companion.ts';
import { deliver } from './delivery.ts';
import { firstStep, nextStep } from './flow.ts';
import { type Visit, visitOf } from './handoff/visit.ts';
import { createLenses } from './lenses.ts';
import type { LiveChannel } from './live-channel.ts';
import { type Lens, startCamera, stopCamera, whenCameraGranted } from './look/camera.ts';
import type { VisitPurpose } from './look/device-key.ts';
import type { Moments } from './moments.ts';
import { tellParent } from './parent-events.ts';
import { leastFacts, signalsLater } from './signals-later.ts';
import type { Attempt, Effect, FlowEvent, Given, State, Step, Surroundings } from './states.ts';
import { awaitVerdict, watchElsewhere } from './verdict-watch.ts';

/** Waiting times between two tries to open the session while its welcome is being read. */
const openDelaysMs = [500, 1_000, 2_000, 4_000];

/** The same for somebody who has pressed to go on without a selfie, and looks on. */
const continueDelaysMs = [1_000];

/** Who leaves waits so long at most for a session to be opened that is to be left. */
const leaveMs = 3_000;

/** States in which a page may stand for long while another one takes the look. */
const idle = new Set<State['at']>(['welcome', 'offer', 'otherway', 'trouble', 'again']);

/** The page's one moving part: holds the state, does what `flow.ts` asks for, and owns camera and frame. */
export interface Conductor {
  readonly state: State;
  readonly here: Surroundings;
  /** This page, for those on other devices. */
  readonly visit: Visit;
  /** The line to the service, opened by its first use. */
  readonly live: LiveChannel;
  /** Whether this page, rather than one on another device, goes on to the application. */
  readonly goesOn: boolean;
  /** The running camera; null while there is none. */
  readonly stream: MediaStream | null;
  readonly lens: Lens;
  /** Whether the user may look into the device's other camera. */
  readonly canSwitchCamera: boolean;
  switchCamera(): void;
  send(event: FlowEvent): void;
  /** What the look to come has to answer; null when it cannot be had now. Asked for when the camera opens. */
  challenge(): Promise<ChallengeView | null>;
  /** Resolves when the session has been opened, or cannot be: only then is it known how liveness is to be shown. */
  opened(): Promise<void>;
  /** How the page was used until now, for the service to weigh. */
  behaviour(): PageFacts;
  /** Hands over a taken look, as it is to be sent: the start of an attempt. */
  capture(body: Blob, isAuto: boolean): void;
}

/** What a conductor begins with. */
export interface Beginning {
  readonly path: SessionPath;
  /** What the server has put into the page; null: ask. */
  readonly given: Given | null;
  readonly here: Surroundings;
}

/** Starts the page's flow for one session; `changed` is called after every change of state. */
export function startConductor({ path, given, here }: Beginning, changed: () => void): Conductor {
  const ids = attemptIds(path);
  const visit = visitOf(path);
  const companion = createCompanion(path, visit, send);
  const whole = new AbortController().signal;
  let state: State = { at: 'loading' };
  let stream: MediaStream | null = null;
  /** The camera that the stream is of. */
  let lens: Lens = 'front';
  let body: Blob | null = null;
  let sessionId: string | undefined;
  let opened: Promise<void> = Promise.resolve();
  let isOpened = false;
  /** The service has been told that the user has gone, if it was to be. */
  let left: Promise<void> = Promise.resolve();
  let isLeaving = false;
  /** The browser is about to take the page away. */
  let isGoing = false;
  /** What the next opening signs. */
  let nonce = given?.session?.visit_nonce ?? '';
  const moments: Moments = { isHandedOver: visit.from !== null };
  const signals = signalsLater(moments);
  /** Ends whatever the current screen was waiting for when another one comes. */
  let screen = new AbortController();
  const lenses = createLenses(location.search, here.isDesktop);
  const challenges = createChallenges({ path, ids, send, opened: () => opened, state: () => state });

  function send(event: FlowEvent): void {
    enter(nextStep(state, event, here));
  }

  function enter(step: Step): void {
    const isOther = step.state.at !== state.at;
    if (isOther) {
      screen.abort();
      screen = new AbortController();
    }
    state = step.state;
    if ('session' in state && state.session !== undefined) sessionId = state.session.session_id;
    for (const effect of step.effects) perform(effect, screen.signal);
    if (isOther) companion.accompany(state, screen.signal);
    if (state.at === 'trouble') void whenCameraGranted(screen.signal, () => send({ is: 'try_again' }));
    if (isOther && idle.has(state.at)) void watchElsewhere({ path, send, signal: screen.signal });
    changed();
  }

  const performers: { [Name in Effect['do']]: (effect: Effect & { do: Name }, signal: AbortSignal) => void } =
    {
      open: () => {
        opened = open();
      },
      continue: () => void goOn(),
      start_camera: (_effect, signal) => {
        moments.agreedAtMs ??= performance.now();
        signals.stop();
        void openCamera(signal);
      },
      stop_camera: () => {
        if (stream !== null) stopCamera(stream);
        stream = null;
      },
      fit_camera: () => {
        if (stream !== null && lens !== lensOf(state)) send({ is: 'switch_camera' });
      },
      challenge: (_effect, signal) => void challenges.fetch(signal),
      upload: ({ attempt }, signal) => void upload(attempt, signal),
      poll: ({ attempt }, signal) =>
        void awaitVerdict({ path, send, signal, ...(attempt && body ? { sent: { attempt, body } } : {}) }),
      leave: () => {
        if (isOpened || isGoing) return sendLeave(path);
        // What has not been opened cannot be left.
        signals.abandon();
        isLeaving = true;
        left = Promise.race([opened, pause(leaveMs, whole)]).then(() => {
          if (isLeaving) sendLeave(path);
          isLeaving = false;
        });
      },
      forget: () => void forget(),
      tell: ({ event }) => {
        // Whoever embeds the page takes it away as soon as it hears that.
        if (event.type === 'cancelled') void left.then(() => tellParent(event, sessionId));
        else tellParent(event, sessionId);
      },
    };

  function perform<Name extends Effect['do']>(effect: Effect & { do: Name }, signal: AbortSignal): void {
    performers[effect.do as Name](effect, signal);
  }

  async function open(): Promise<void> {
    const isUnsigned = nonce === '';
    // A page that shows its welcome already has time: what is only a bad link is tried again.
    const delaysMs = state.at === 'loading' ? [] : openDelaysMs;
    let answer = await enterSession('open', delaysMs);
    // Once more with the nonce that has just come.
    if (answer.ok && nonce !== '' && (isUnsigned || answer.session.wants_proof_again)) {
      const again = await enterSession('open', delaysMs);
      if (again.ok) answer = again;
    }
    isOpened = answer.ok;
    if (answer.ok) send({ is: 'opened', session: answer.session });
    else send({ is: 'failed', reason: answer.reason });
  }

  /** Opens the session once more, as the user's press to go on without a selfie. */
  async function goOn(): Promise<void> {
    let answer = await enterSession('continue', continueDelaysMs);
    if (answer.ok && answer.session.wants_proof_again) {
      answer = await enterSession('continue', continueDelaysMs);
    }
    if (answer.ok) send({ is: 'continued', session: answer.session });
    else send({ is: 'failed', reason: answer.reason });
  }

  /** @param delaysMs before each further try to get through */
  async function enterSession(purpose: VisitPurpose, delaysMs: readonly number[]): Promise<ViewAnswer> {
    // Where nothing can be shown to the camera now, nothing has to be known of the browser.
    const isIdle = state.at === 'locked' || state.at === 'deciding';
    const told = isIdle ? { facts: leastFacts() } : await signals.visit(nonce, purpose);
    let answer = await openSession(path, told, whole);
    for (const delayMs of delaysMs) {
      if (answer.ok || answer.reason !== 'unavailable') break;
      await pause(delayMs, whole);
      answer = await openSession(path, told, whole);
    }
    if (answer.ok) nonce = answer.session.visit_nonce;
    return answer;
  }

  /** The service forgets first: a key that is gone could not be named to it any more. */
  async function forget(): Promise<void> {
    const isHeard = await forgetDevice(path, whole);
    if (isHeard) await dropDeviceHere();
    send({ is: 'forgotten', isHeard });
  }

  const lensOf = (now: State) => lenses.lensFor('method' in now ? now.method : undefined);

  async function openCamera(signal: AbortSignal): Promise<void> {
    if (stream?.active) return send({ is: 'camera_ready' });
    const asked = lensOf(state);
    const started = await startCamera(asked);
    // The user may have left while the browser was asking.
    if (signal.aborted) return started.ok ? stopCamera(started.stream) : undefined;
    if (!started.ok) return send({ is: 'camera_trouble', reason: started.reason });
    // Meanwhile the opening may have asked for a method that wants the other camera.
    if (asked !== lensOf(state)) {
      stopCamera(started.stream);
      return openCamera(signal);
    }
    lens = asked;
    stream = started.stream;
    await lenses.count();
    if (signal.aborted) return;
    for (const track of stream.getVideoTracks()) {
      track.addEventListener('ended', () => send({ is: 'camera_trouble', reason: 'stopped' }));
    }
    send({ is: 'camera_ready' });
  }

  async function upload(attempt: Attempt, signal: AbortSignal): Promise<void> {
    if (body === null) return send({ is: 'stuck' });
    const [startedAt, bits] = [performance.now(), 8 * body.size];
    const progress = {
      sent: (share: number) => {
        if (share >= 1) moments.uploadKbps = bits / Math.max(1, performance.now() - startedAt);
        send({ is: 'sent', share });
      },
      linkLost: (lost: boolean) => send({ is: 'link', lost }),
    };
    const delivery = await deliver(path, attempt.id, body, progress, signal);
    if (delivery.status === 'aborted') return;
    if (delivery.status === 'again') return send({ is: 'stuck' });
    const answer = delivery.status === 'answered' ? delivery.answer : null;
    if (answer?.result === 'renew') {
      ids.settle();
      // A new id is new to everyone; were it not, the user decides how long this goes on.
      return send(attempt.isRenewed ? { is: 'stuck' } : { is: 'renewed', id: ids.current() });
    }
    if (answer?.result !== 'pending') body = null;
    if (delivery.status === 'unusable') return send({ is: 'unusable' });
    // A look that came too late has used nothing up: the next one goes under the same id, with a challenge of its own.
    if (answer?.result === 'stale') challenges.forget();
    else ids.settle();
    if (delivery.status === 'refused') return send({ is: 'failed', reason: delivery.reason });
    if (answer !== null) send({ is: 'answered', answer });
  }

  addEventListener('pagehide', () => {
    isGoing = true;
    if (isLeaving) sendLeave(path);
    isLeaving = false;
    send({ is: 'page_hidden' });
  });
  addEventListener('pageshow', (event) => {
    isGoing = false;
    if (event.persisted) send({ is: 'page_shown' });
  });
  // After the caller has its conductor.
  queueMicrotask(() => enter(firstStep(given, here)));

  return {
    get state() {
      return state;
    },
    get stream() {
      return stream;
    },
    get goesOn() {
      return companion.goesOn(state);
    },
    get lens() {
      return lensOf(state);
    },
    get canSwitchCamera() {
      return lenses.canSwitch('method' in state ? state.method : undefined);
    },
    switchCamera() {
      lenses.turn();
      send({ is: 'switch_camera' });
    },
    here,
    visit,
    live: companion.live,
    send,
    challenge: () => challenges.fetch(screen.signal),
    opened: () => opened,
    behaviour() {
      // Asked for when a picture is packed.
      moments.capturedAtMs ??= performance.now();
      return signals.behaviour();
    },
    capture(taken, isAuto) {
      if (state.at !== 'looking') return;
      body = taken;
      send({ is: 'captured', attempt: { id: ids.current(), isAuto } });
    },
  };
}

/** What this browser keeps of itself for us. Never fails: what cannot be dropped is nobody's any more. */
async function dropDeviceHere(): Promise<void> {
  const { dropEverything } = await import('./signals/forgetting.ts').catch(() => ({ dropEverything: null }));
  await dropEverything?.();
}
