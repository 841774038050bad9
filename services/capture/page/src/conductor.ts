import { attemptIds } from './attempt-ids.ts';
import { startCamera, stopCamera, whenCameraGranted } from './look/camera.ts';
import {
  deliverFrame,
  openSession,
  pause,
  readState,
  redeliverFrame,
  type SessionPath,
  sendLeave,
} from './client.ts';
import {
  type Attempt,
  type Effect,
  type FlowEvent,
  firstStep,
  nextStep,
  type State,
  type Step,
} from './flow.ts';
import { tellParent } from './parent-events.ts';

/** Waiting times between two looks at a session whose verdict is on its way; about ten seconds. */
const pollDelaysMs = [700, 1_000, 1_500, 2_000, 4_500];
/** The same for a page that was reloaded and has no frame to send again; two minutes in all. */
const patientPollDelaysMs = [...pollDelaysMs, ...Array.from({ length: 24 }, () => 4_500)];
/** What is known of a frame may be lost with the bus: so often is it sent again while its verdict stays away. */
const redeliveries = 2;

/** The page's one moving part: holds the state, does what `flow.ts` asks for, and owns camera and frame. */
export interface Conductor {
  readonly state: State;
  /** The running camera; null while there is none. */
  readonly stream: MediaStream | null;
  send(event: FlowEvent): void;
  /** Hands over a taken frame: the start of an attempt. */
  capture(frame: Blob, isAuto: boolean): void;
}

/** Starts the page's flow for one session; `changed` is called after every change of state. */
export function startConductor(path: SessionPath, changed: () => void): Conductor {
  const ids = attemptIds(path);
  let state: State = firstStep.state;
  let stream: MediaStream | null = null;
  let frame: Blob | null = null;
  let sessionId: string | undefined;
  /** Ends whatever the current screen was waiting for when another one comes. */
  let screen = new AbortController();

  function send(event: FlowEvent): void {
    enter(nextStep(state, event));
  }

  function enter(step: Step): void {
    if (step.state.at !== state.at) {
      screen.abort();
      screen = new AbortController();
    }
    state = step.state;
    if ('session' in state && state.session !== undefined) sessionId = state.session.session_id;
    for (const effect of step.effects) perform(effect, screen.signal);
    if (state.at === 'trouble') void whenCameraGranted(screen.signal, () => send({ is: 'try_again' }));
    changed();
  }

  const performers: { [Name in Effect['do']]: (effect: Effect & { do: Name }, signal: AbortSignal) => void } =
    {
      open: (_effect, signal) => void open(signal),
      start_camera: (_effect, signal) => void openCamera(signal),
      stop_camera: () => {
        if (stream !== null) stopCamera(stream);
        stream = null;
      },
      upload: ({ attempt }, signal) => void upload(attempt, signal),
      poll: ({ attempt }, signal) => void awaitVerdict(attempt, signal),
      leave: () => sendLeave(path),
      tell: ({ event }) => tellParent(event, sessionId),
    };

  function perform<Name extends Effect['do']>(effect: Effect & { do: Name }, signal: AbortSignal): void {
    performers[effect.do as Name](effect, signal);
  }

  async function open(signal: AbortSignal): Promise<void> {
    const answer = await openSession(path, signal);
    if (signal.aborted) return;
    send(answer.ok ? { is: 'opened', session: answer.session } : { is: 'failed', reason: answer.reason });
  }

  async function openCamera(signal: AbortSignal): Promise<void> {
    if (stream?.active) return send({ is: 'camera_ready' });
    const started = await startCamera();
    if (!started.ok) return send({ is: 'camera_trouble', reason: started.reason });
    // The user may have left while the browser was asking.
    if (signal.aborted) return stopCamera(started.stream);
    stream = started.stream;
    for (const track of stream.getVideoTracks()) {
      track.addEventListener('ended', () => send({ is: 'camera_trouble', reason: 'stopped' }));
    }
    send({ is: 'camera_ready' });
  }

  async function upload(attempt: Attempt, signal: AbortSignal): Promise<void> {
    if (frame === null) return send({ is: 'stuck' });
    const progress = {
      sent: (share: number) => send({ is: 'sent', share }),
      linkLost: (lost: boolean) => send({ is: 'link', lost }),
    };
    const delivery = await deliverFrame(path, attempt.id, frame, progress, signal);
    if (delivery.status === 'aborted') return;
    if (delivery.status === 'again') return send({ is: 'stuck' });
    const answer = delivery.status === 'answered' ? delivery.answer : null;
    if (answer?.result === 'renew') {
      ids.settle();
      // A new id is new to everyone; were it not, the user decides how long this goes on.
      return send(attempt.isRenewed ? { is: 'stuck' } : { is: 'renewed', id: ids.current() });
    }
    if (answer?.result !== 'pending') frame = null;
    if (delivery.status === 'unusable') return send({ is: 'unusable' });
    ids.settle();
    if (delivery.status === 'refused') return send({ is: 'failed', reason: delivery.reason });
    if (answer !== null) send({ is: 'answered', answer });
  }

  /** Looks for the verdict until it is there, which ends the screen and with it the signal. */
  async function awaitVerdict(attempt: Attempt | undefined, signal: AbortSignal): Promise<void> {
    if (attempt === undefined || frame === null) {
      await poll(patientPollDelaysMs, signal);
      return signal.aborted ? undefined : send({ is: 'failed', reason: 'slow' });
    }
    for (let delivery = 0; delivery < redeliveries; delivery++) {
      await poll(pollDelaysMs, signal);
      if (signal.aborted) return;
      const again = await redeliverFrame(path, attempt.id, frame, signal);
      const answer = again.status === 'answered' ? again.answer : null;
      if (answer?.result === 'renew') send({ is: 'failed', reason: 'unavailable' });
      else if (answer !== null) send({ is: 'answered', answer });
      else if (again.status === 'refused') send({ is: 'failed', reason: again.reason });
      if (signal.aborted) return;
    }
    await poll(pollDelaysMs, signal);
    if (!signal.aborted) send({ is: 'failed', reason: 'unavailable' });
  }

  async function poll(delaysMs: readonly number[], signal: AbortSignal): Promise<void> {
    for (const delayMs of delaysMs) {
      await pause(delayMs, signal);
      if (signal.aborted) return;
      const answer = await readState(path, signal);
      if (answer.ok) send({ is: 'opened', session: answer.session });
      else if (answer.reason === 'unknown' || answer.reason === 'expired')
        send({ is: 'failed', reason: answer.reason });
      if (signal.aborted) return;
    }
  }

  addEventListener('pagehide', () => send({ is: 'page_hidden' }));
  addEventListener('pageshow', (event) => event.persisted && send({ is: 'page_shown' }));
  enter(firstStep);

  return {
    get state() {
      return state;
    },
    get stream() {
      return stream;
    },
    send,
    capture(taken, isAuto) {
      if (state.at !== 'looking') return;
      frame = taken;
      send({ is: 'captured', attempt: { id: ids.current(), isAuto } });
    },
  };
}
