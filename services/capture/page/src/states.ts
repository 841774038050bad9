import type {
  AttemptAnswer,
  ChallengeView,
  FaceProblem,
  LivenessMethod,
  SessionView,
} from '../../src/wire.ts';
import type { CameraTrouble } from './look/camera.ts';
import type { OutgoingEvent } from './parent-events.ts';

/** Why a link leads nowhere, now or for good. */
export type EndReason = 'expired' | 'unknown' | 'unavailable' | 'busy' | 'slow';

/** How far another device has come with this session. */
export type RemoteStage = 'opened' | 'looking' | 'checking' | 'left';

/** What was wrong with a look: with its picture, or that its challenge was over, which spends no try. */
export type LookProblem = FaceProblem | 'stale';

/** One try: the id stays the same however often its frame is sent. */
export interface Attempt {
  readonly id: string;
  readonly isAuto: boolean;
  /** Its frame was sent under another id before. */
  readonly isRenewed?: boolean;
}

/** What every state between the first and the last knows: the session, and how liveness will be shown. */
export interface Standing {
  readonly session: SessionView;
  /** The session's own method or one that the user has chosen instead. */
  readonly method: LivenessMethod;
  /** Methods that the user has turned away from. */
  readonly declined?: readonly LivenessMethod[];
}

/** What the page knows of the device that it is on. */
export interface Surroundings {
  /** A computer rather than something that one holds in the hand. */
  readonly isDesktop: boolean;
  /** The address leads to this machine only, so no other device can follow it. */
  readonly isLoopback: boolean;
  /** The user has asked the system for less motion. */
  readonly lessMotion: boolean;
}

type At<Name extends string, More = unknown> = { readonly at: Name } & Standing & More;

/** What the user sees. */
export type State =
  | { readonly at: 'loading' }
  /** `news`: why somebody who was offered to go on without a selfie is asked for one after all. */
  | At<'welcome', { readonly news?: WelcomeNews }>
  /** Device and network are known: one press goes on without a selfie. `forgetting` as in the verdict. */
  | At<'offer', { readonly isTaken?: boolean; readonly forgetting?: Forgetting }>
  /** The code that moves the session to a phone; `forced`: the application wants no computers. */
  | At<'handoff', { readonly forced: boolean }>
  /** Another device goes on with the session. */
  | At<'following', { readonly stage: RemoteStage }>
  | At<'asking'>
  | At<'trouble', { readonly reason: CameraTrouble }>
  /** The challenge is null until it is there, which is mostly before the camera is. */
  | At<'looking', { readonly challenge: ChallengeView | null }>
  /** Other ways to get through; `isAgreed`: the user had begun already; `unsent`: a look that has not got through. */
  | At<'otherway', { readonly isAgreed: boolean; readonly unsent?: Attempt }>
  | At<'sending', Sending>
  | At<'stuck', { readonly attempt: Attempt }>
  | At<'again', { readonly problem: LookProblem }>
  /** Nobody looks at a picture before `until`, an ISO time. */
  | At<'locked', { readonly until: string }>
  | At<'deciding'>
  /** `elsewhere`: another device took the picture. `forgetting`: what became of the wish to be forgotten here. */
  | At<'verdict', { readonly elsewhere: boolean; readonly forgetting?: Forgetting }>
  | At<'finished'>
  /** With `until` when the session was locked. */
  | At<'left', { readonly until?: string }>
  | ({ readonly at: 'ended'; readonly reason: EndReason } & Partial<Standing>);

/** The offer was taken and did not hold, or the device is forgotten now. */
export type WelcomeNews = 'offer_gone' | 'forgotten';

/** The user wants this device to be forgotten: asked for, done, or not heard by the service. */
export type Forgetting = 'asked' | 'done' | 'failed';

interface Sending {
  readonly attempt: Attempt;
  /** Share of the frame that has left, 0..1. */
  readonly sent: number;
  readonly linkLost: boolean;
}

/** One of the states by its name. */
export type StateAt<Name extends State['at']> = Extract<State, { at: Name }>;

/** An answer to the look itself; `renew` asks for the same frame under another id. */
export type Answer = Exclude<AttemptAnswer, { result: 'renew' }>;

/** What happens to the page: from the user, the camera, the server, another device. */
export type FlowEvent =
  | { readonly is: 'opened'; readonly session: SessionView }
  | { readonly is: 'failed'; readonly reason: EndReason }
  | { readonly is: 'agreed' }
  /** The user goes on without a selfie, or takes one all the same. */
  | { readonly is: 'continue' }
  | { readonly is: 'selfie' }
  /** What the service answers to somebody who goes on without a selfie. */
  | { readonly is: 'continued'; readonly session: SessionView }
  /** The user shows liveness in another way. */
  | { readonly is: 'method'; readonly method: LivenessMethod }
  | { readonly is: 'other_way' }
  /** The user wants to go on with a phone. */
  | { readonly is: 'handoff' }
  /** The user wants to go on with this device after all. */
  | { readonly is: 'here' }
  /** Out of a side room: other ways, or the code for the phone. */
  | { readonly is: 'back' }
  /** Another device tells how far it is. */
  | { readonly is: 'elsewhere'; readonly stage: RemoteStage }
  /** The verdict has come over the live channel. */
  | { readonly is: 'concluded'; readonly status: string; readonly callback: string }
  /** The user wants to look into the device's other camera. */
  | { readonly is: 'switch_camera' }
  | { readonly is: 'camera_ready' }
  | { readonly is: 'camera_trouble'; readonly reason: CameraTrouble }
  | { readonly is: 'challenged'; readonly challenge: ChallengeView }
  /** Too many tries have failed, as the question for a challenge found out. */
  | { readonly is: 'locked'; readonly until: string }
  | { readonly is: 'captured'; readonly attempt: Attempt }
  | { readonly is: 'sent'; readonly share: number }
  | { readonly is: 'link'; readonly lost: boolean }
  | { readonly is: 'answered'; readonly answer: Answer }
  /** The frame has not been looked at and goes once more, under a new id. */
  | { readonly is: 'renewed'; readonly id: string }
  | { readonly is: 'unusable' }
  | { readonly is: 'stuck' }
  | { readonly is: 'try_again' }
  /** The user does not want to be recognised on this device, and whether the service has heard it. */
  | { readonly is: 'forget' }
  | { readonly is: 'forgotten'; readonly isHeard: boolean }
  | { readonly is: 'leave' }
  | { readonly is: 'page_hidden' }
  | { readonly is: 'page_shown' }
  | { readonly is: 'close' };

/** What the page has to do next; `conductor.ts` does it. */
export type Effect =
  | { readonly do: 'open' }
  /** Opens the session once more, as somebody who has pressed to go on without a selfie. */
  | { readonly do: 'continue' }
  | { readonly do: 'start_camera' }
  | { readonly do: 'stop_camera' }
  /** The method has changed: perhaps it wants the device's other camera. */
  | { readonly do: 'fit_camera' }
  /** Gets the challenge of the look to come. */
  | { readonly do: 'challenge' }
  | { readonly do: 'upload'; readonly attempt: Attempt }
  /** With the attempt when this page has taken its frame. */
  | { readonly do: 'poll'; readonly attempt?: Attempt }
  | { readonly do: 'leave' }
  | { readonly do: 'forget' }
  | { readonly do: 'tell'; readonly event: OutgoingEvent };

/** A state and what follows from entering it. */
export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** What the server has put into the page: the session, or why there is none. */
export type Given =
  | { readonly session: SessionView; readonly reason?: never }
  | { readonly session?: never; readonly reason: EndReason };
