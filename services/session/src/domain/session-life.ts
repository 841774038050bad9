import type { SettableStatus, Status, Verdict } from './status.ts';
import { changeableStatuses, isOneOf, unfinishedStatuses } from './status.ts';

/** What the state machine needs to know of a session. */
export interface SessionState {
  readonly status: Status;
  /**
   * One id for every look granted since the creation, or since the application sent steps back to the user; a repeated
   * look repeats its id. Only evidence of one of these counts.
   */
  readonly attempts: readonly string[];
  /**
   * Ids of looks that lead to no verdict any more: taken back, or from before steps were sent back. Evidence counts once
   * under its id, so no look is granted under one of these again; they use up nothing.
   */
  readonly voidAttempts: readonly string[];
  /** When challenges were issued, oldest first, as far back as it matters. */
  readonly challengesIssued: readonly Date[];
  /** When what they ask was drawn anew, likewise. */
  readonly challengesDrawn: readonly Date[];
  readonly maxAttempts: number;
  readonly expiresAt: Date;
  /** Length of the window that a resubmission starts anew. */
  readonly windowSeconds: number;
}

/** What it takes to answer a page: it was told already; what is asked is the same under a new nonce; or it has to be drawn. */
export type ChallengeNeed = 'nothing' | 'nonce' | 'draw';

/** What can happen to a session. */
export type Command =
  /** The user has entered the hosted page. */
  | { readonly kind: 'open' }
  /** Device and network are known, and the workflow asks no more of them: approved without a look. */
  | { readonly kind: 'skip' }
  /** The page wants to know what the look of this id has to answer. */
  | { readonly kind: 'begin_challenge'; readonly attemptId: string; readonly needs: ChallengeNeed }
  /** The user shows their face; an attempt that holds a grant keeps it. */
  | {
      readonly kind: 'begin_attempt';
      readonly attemptId: string;
      /** The last look of this id showed others than these: this is a try of its own. */
      readonly hasOtherPictures: boolean;
    }
  /** The user has left before a verdict; `strict` for applications that do not know Not Finished. */
  | { readonly kind: 'leave'; readonly strict: boolean }
  /** The evidence of a look has been judged. */
  | { readonly kind: 'decide'; readonly verdict: Verdict; readonly attemptId: string }
  /** The sweeper found the session overdue. */
  | { readonly kind: 'time_out' }
  /** The application decides by hand. */
  | { readonly kind: 'set_status'; readonly status: SettableStatus };

/** What a command brought about, in order; nothing when the session stays as it was. */
type Fact =
  | { readonly kind: 'status_changed'; readonly from: Status; readonly to: Status }
  | { readonly kind: 'challenge_issued' }
  | { readonly kind: 'attempt_granted' };

type Refusal =
  /** The session has its result, or waits for a human one. */
  | 'finished'
  /** Its time is over. */
  | 'expired'
  | 'attempts_used_up'
  /** The look of this id leads to no verdict any more; the next one needs an id of its own. */
  | 'attempt_void'
  /** Evidence that no grant stands behind, such as that of a look before a resubmission. */
  | 'not_granted'
  /** The session never came so far that evidence could decide it. */
  | 'not_open'
  /** A selfie was asked for already. */
  | 'not_skippable'
  /** Not overdue yet. */
  | 'not_due'
  | 'not_changeable'
  | 'same_status';

export type Transition =
  | { readonly next: SessionState; readonly facts: readonly Fact[] }
  | { readonly refusal: Refusal }
  /** So many challenges are enough for now. */
  | { readonly refusal: 'challenges_used_up'; readonly until: Date };

/**
 * The whole life of a session. Pure: the caller holds the row lock, saves `next` and tells the world the facts.
 * A refusal changes nothing.
 */
export function transition(session: SessionState, command: Command, now: Date): Transition {
  switch (command.kind) {
    case 'open':
      return open(session, now);
    case 'skip':
      return skip(session, now);
    case 'begin_challenge':
      return beginChallenge(session, command, now);
    case 'begin_attempt':
      return beginAttempt(session, command, now);
    case 'leave':
      return session.status === 'In Progress'
        ? move(session, command.strict ? 'Abandoned' : 'Not Finished')
        : unchanged(session);
    case 'decide':
      return decide(session, command.verdict, command.attemptId, now);
    case 'time_out':
      return timeOut(session, now);
    case 'set_status':
      return setStatus(session, command.status, now);
  }
}

/**
 * The user has left, but the link still works. Abandoned counts only while time remains: then it can only come from
 * leaving under the strict setting, since a time-out happens at `expiresAt`.
 */
function hasLeft(session: SessionState, now: Date): boolean {
  return session.status === 'Not Finished' || (session.status === 'Abandoned' && now < session.expiresAt);
}

/** Whether whoever opens the session has anything to do in it. */
export function isOpenTo(session: SessionState, now: Date): boolean {
  const waits = isOneOf(unfinishedStatuses, session.status) || hasLeft(session, now);
  return waits && now < session.expiresAt;
}

function open(session: SessionState, now: Date): Transition {
  if (isOneOf(unfinishedStatuses, session.status) && now >= session.expiresAt) return timeOut(session, now);
  const enters =
    session.status === 'Not Started' || session.status === 'Resubmitted' || hasLeft(session, now);
  return enters ? move(session, 'In Progress') : unchanged(session);
}

/**
 * Whether a session may end without a look. Never one that has seen a look, or was sent back to its user: then somebody
 * wants to see a face.
 */
export function isSkippable(session: SessionState, now: Date): boolean {
  const waits = session.status === 'Not Started' || session.status === 'In Progress' || hasLeft(session, now);
  const looked = session.attempts.length + session.voidAttempts.length > 0;
  return waits && !looked && now < session.expiresAt;
}

function skip(session: SessionState, now: Date): Transition {
  return isSkippable(session, now) ? move(session, 'Approved') : { refusal: 'not_skippable' };
}

/**
 * A look is repeated when its answer got lost: the page delivers a picture seven times before it gives up. More looks
 * under one id use up another attempt, or else two ids in turn would be pictures without end.
 */
const looksPerAttempt = 8;

/** How many further attempts the session grants. */
export function attemptsLeft({
  attempts,
  maxAttempts,
}: Pick<SessionState, 'attempts' | 'maxAttempts'>): number {
  const looks = new Map<string, number>();
  for (const id of attempts) looks.set(id, (looks.get(id) ?? 0) + 1);
  const used = [...looks.values()].reduce((sum, count) => sum + Math.ceil(count / looksPerAttempt), 0);
  return Math.max(0, maxAttempts - used);
}

/** Showing one's face is entering, so a page that comes back without opening again is no dead end. */
function beginAttempt(
  session: SessionState,
  { attemptId, hasOtherPictures }: Extract<Command, { kind: 'begin_attempt' }>,
  now: Date,
): Transition {
  const waits = isOneOf(unfinishedStatuses, session.status) || hasLeft(session, now);
  if (!waits || session.status === 'Awaiting User') {
    const expired = session.status === 'Expired' || session.status === 'Abandoned';
    return { refusal: expired ? 'expired' : 'finished' };
  }
  if (now >= session.expiresAt) return { refusal: 'expired' };
  if (session.voidAttempts.includes(attemptId)) return { refusal: 'attempt_void' };
  const granted = session.attempts.includes(attemptId);
  const left = attemptsLeft(session);
  if (!granted && left === 0) return { refusal: 'attempts_used_up' };
  const entered = session.status === 'In Progress' ? unchanged(session) : move(session, 'In Progress');
  // Once nothing is left, any picture decides the session; refusing the repeat of one that got lost would leave it undecided.
  const facts = [...entered.facts, { kind: 'attempt_granted' } as const];
  if (left === 0) return { next: entered.next, facts };
  const looks = session.attempts.filter((id) => id === attemptId).length;
  // The looks that the last try of this id had left are given up, so that this one counts as the first of another.
  const counted = hasOtherPictures
    ? 1 + ((looksPerAttempt - (looks % looksPerAttempt)) % looksPerAttempt)
    : 1;
  const added = Array.from({ length: counted }, () => attemptId);
  return { next: { ...entered.next, attempts: [...session.attempts, ...added] }, facts };
}

/**
 * Honest pages take a challenge for each look and another when guidance took long; a program could ask without end, or
 * until what is asked is what it has on tape.
 */
const mostChallenges = { issued: 30, drawn: 6, withinMs: 600_000 } as const;

/** Whoever may take a look may ask what it has to answer. Asking is not entering: that is the look itself. */
function beginChallenge(
  session: SessionState,
  { attemptId, needs }: Extract<Command, { kind: 'begin_challenge' }>,
  now: Date,
): Transition {
  const look = beginAttempt(session, { kind: 'begin_attempt', attemptId, hasOtherPictures: false }, now);
  if ('refusal' in look) return look;
  if (needs === 'nothing') return unchanged(session);
  const fromMs = now.getTime() - mostChallenges.withinMs;
  const issued = session.challengesIssued.filter((at) => at.getTime() > fromMs);
  const drawn = session.challengesDrawn.filter((at) => at.getTime() > fromMs);
  // The one that leaves the window first makes room.
  const full = [
    issued.at(-mostChallenges.issued),
    needs === 'draw' ? drawn.at(-mostChallenges.drawn) : undefined,
  ];
  const roomMs = Math.max(...full.map((at) => (at?.getTime() ?? fromMs) + mostChallenges.withinMs));
  if (roomMs > now.getTime()) return { refusal: 'challenges_used_up', until: new Date(roomMs) };
  return {
    next: {
      ...session,
      challengesIssued: [...issued, now],
      challengesDrawn: needs === 'draw' ? [...drawn, now] : drawn,
    },
    facts: [{ kind: 'challenge_issued' }],
  };
}

/** A verdict may arrive after the user has closed the page or after the deadline: the look itself was in time. */
function decide(session: SessionState, verdict: Verdict, attemptId: string, now: Date): Transition {
  if (session.status === 'Not Started' || session.status === 'Resubmitted') return { refusal: 'not_open' };
  if (session.status !== 'In Progress' && !hasLeft(session, now)) return { refusal: 'finished' };
  if (!session.attempts.includes(attemptId)) return { refusal: 'not_granted' };
  return move(session, verdict);
}

function timeOut(session: SessionState, now: Date): Transition {
  if (!isOneOf(unfinishedStatuses, session.status)) return { refusal: 'finished' };
  if (now < session.expiresAt) return { refusal: 'not_due' };
  return move(session, session.status === 'Not Started' ? 'Expired' : 'Abandoned');
}

function setStatus(session: SessionState, status: SettableStatus, now: Date): Transition {
  if (!isOneOf(changeableStatuses, session.status)) return { refusal: 'not_changeable' };
  if (session.status === status) return { refusal: 'same_status' };
  if (status !== 'Resubmitted') return move(session, status);
  const expiresAt = new Date(now.getTime() + session.windowSeconds * 1000);
  return move({ ...withVoid(session, session.attempts), expiresAt }, status);
}

/** A look that nobody was told of is no attempt: the session waits for its user as it did before. */
export function takeBack(session: SessionState, attemptId: string): SessionState {
  return withVoid(session, [attemptId]);
}

function withVoid(session: SessionState, ids: readonly string[]): SessionState {
  return {
    ...session,
    attempts: session.attempts.filter((id) => !ids.includes(id)),
    voidAttempts: [...new Set([...session.voidAttempts, ...ids])],
  };
}

type Change = Extract<Transition, { facts: unknown }>;

function move(session: SessionState, to: Status): Change {
  return {
    next: { ...session, status: to },
    facts: [{ kind: 'status_changed', from: session.status, to }],
  };
}

function unchanged(session: SessionState): Change {
  return { next: session, facts: [] };
}
