import { describe, expect, it } from 'vitest';
import type { ChallengeNeed, Command, SessionState, Transition } from './session-life.ts';
import { attemptsLeft, takeBack, transition } from './session-life.ts';
import type { Status } from './status.ts';
import { statuses } from './status.ts';

const now = new Date('2026-03-01T12:00:00Z');
const inAnHour = new Date('2026-03-01T13:00:00Z');
const anHourAgo = new Date('2026-03-01T11:00:00Z');

function session(status: Status, changes: Partial<SessionState> = {}): SessionState {
  return {
    status,
    attempts: ['first'],
    voidAttempts: [],
    challengesIssued: [],
    challengesDrawn: [],
    maxAttempts: 3,
    expiresAt: inAnHour,
    windowSeconds: 3600,
    ...changes,
  };
}

/** One word for a transition: the new status, `=` for none, `!reason` for a refusal, `+grant` for a granted look, `+challenge` for an issued one. */
function word(result: Transition, before: Status): string {
  if ('refusal' in result) return `!${result.refusal}`;
  const granted = result.facts.some((fact) => fact.kind === 'attempt_granted') ? ' +grant' : '';
  const issued = result.facts.some((fact) => fact.kind === 'challenge_issued') ? ' +challenge' : '';
  return `${result.next.status === before ? '=' : result.next.status}${issued}${granted}`;
}

const commands = {
  open: { kind: 'open' },
  skip: { kind: 'skip' },
  challenge: { kind: 'begin_challenge', attemptId: 'second', needs: 'draw' },
  'known challenge': { kind: 'begin_challenge', attemptId: 'second', needs: 'nothing' },
  begin: { kind: 'begin_attempt', attemptId: 'second', hasOtherPictures: false },
  'begin again': { kind: 'begin_attempt', attemptId: 'first', hasOtherPictures: false },
  'begin anew': { kind: 'begin_attempt', attemptId: 'first', hasOtherPictures: true },
  leave: { kind: 'leave', strict: false },
  'leave strictly': { kind: 'leave', strict: true },
  approve: { kind: 'decide', verdict: 'Approved', attemptId: 'first' },
  decline: { kind: 'decide', verdict: 'Declined', attemptId: 'first' },
  review: { kind: 'decide', verdict: 'In Review', attemptId: 'first' },
  'ungranted evidence': { kind: 'decide', verdict: 'Approved', attemptId: 'unknown' },
  'time out': { kind: 'time_out' },
  'set Approved': { kind: 'set_status', status: 'Approved' },
  'set Declined': { kind: 'set_status', status: 'Declined' },
  'set Resubmitted': { kind: 'set_status', status: 'Resubmitted' },
} satisfies Record<string, Command>;

type Row = Record<keyof typeof commands, string>;

const finished: Row = {
  open: '=',
  skip: '!not_skippable',
  challenge: '!finished',
  'known challenge': '!finished',
  begin: '!finished',
  'begin again': '!finished',
  'begin anew': '!finished',
  leave: '=',
  'leave strictly': '=',
  approve: '!finished',
  decline: '!finished',
  review: '!finished',
  'ungranted evidence': '!finished',
  'time out': '!finished',
  'set Approved': 'Approved',
  'set Declined': 'Declined',
  'set Resubmitted': 'Resubmitted',
};

const unopened: Row = {
  open: 'In Progress',
  skip: '!not_skippable',
  challenge: '= +challenge',
  'known challenge': '=',
  begin: 'In Progress +grant',
  'begin again': 'In Progress +grant',
  'begin anew': 'In Progress +grant',
  leave: '=',
  'leave strictly': '=',
  approve: '!not_open',
  decline: '!not_open',
  review: '!not_open',
  'ungranted evidence': '!not_open',
  'time out': '!not_due',
  'set Approved': '!not_changeable',
  'set Declined': '!not_changeable',
  'set Resubmitted': '!not_changeable',
};

const left: Row = {
  ...unopened,
  approve: 'Approved',
  decline: 'Declined',
  review: 'In Review',
  'ungranted evidence': '!not_granted',
};

/** No look is granted any more. */
const noLooks = {
  challenge: '!expired',
  'known challenge': '!expired',
  begin: '!expired',
  'begin again': '!expired',
  'begin anew': '!expired',
};

const terminal = {
  'set Approved': '!not_changeable',
  'set Declined': '!not_changeable',
  'set Resubmitted': '!not_changeable',
};

/** Within the session's time. */
const inTime: Record<Status, Row> = {
  'Not Started': unopened,
  'In Progress': {
    ...left,
    open: '=',
    begin: '= +grant',
    'begin again': '= +grant',
    'begin anew': '= +grant',
    leave: 'Not Finished',
    'leave strictly': 'Abandoned',
  },
  'Awaiting User': { ...finished, ...terminal, 'time out': '!not_due' },
  'In Review': finished,
  Approved: { ...finished, 'set Approved': '!same_status' },
  Declined: { ...finished, 'set Declined': '!same_status' },
  Resubmitted: {
    ...unopened,
    'set Approved': 'Approved',
    'set Declined': 'Declined',
    'set Resubmitted': '!same_status',
  },
  Expired: { ...finished, ...terminal, ...noLooks },
  'Kyc Expired': finished,
  // Left under the strict setting: the link still works, and the application may decide by hand.
  Abandoned: {
    ...left,
    'time out': '!finished',
    'set Approved': 'Approved',
    'set Declined': 'Declined',
    'set Resubmitted': 'Resubmitted',
  },
  'Not Finished': left,
};

/** What differs once the time is over. */
const overdue: Partial<Record<Status, Partial<Row>>> = {
  'Not Started': { ...noLooks, open: 'Expired', 'time out': 'Expired' },
  'In Progress': { ...noLooks, open: 'Abandoned', 'time out': 'Abandoned' },
  'Awaiting User': { open: 'Abandoned', 'time out': 'Abandoned' },
  Resubmitted: { ...noLooks, open: 'Abandoned', 'time out': 'Abandoned' },
  'Not Finished': { ...noLooks, open: 'Abandoned', 'time out': 'Abandoned' },
  Abandoned: { ...finished, ...noLooks },
};

describe('every status meets every command', () => {
  for (const status of statuses) {
    for (const [name, command] of Object.entries(commands)) {
      const expectedInTime = inTime[status][name as keyof Row];
      const expectedOverdue = overdue[status]?.[name as keyof Row] ?? expectedInTime;
      it(`${status}: ${name} gives ${expectedInTime}, overdue ${expectedOverdue}`, () => {
        expect(word(transition(session(status), command, now), status)).toBe(expectedInTime);
        const late = session(status, { expiresAt: anHourAgo });
        expect(word(transition(late, command, now), status)).toBe(expectedOverdue);
      });
    }
  }
});

describe('a session that nobody has shown a face in', () => {
  const skip = (status: Status, changes: Partial<SessionState> = {}) =>
    word(transition(session(status, { attempts: [], ...changes }), { kind: 'skip' }, now), status);

  it('may end without one while it waits for its user, unless it was sent back', () => {
    const waiting = statuses.filter((status) => skip(status) === 'Approved');
    expect(waiting).toEqual(['Not Started', 'In Progress', 'Abandoned', 'Not Finished']);
    for (const status of statuses.filter((each) => !waiting.includes(each))) {
      expect(skip(status)).toBe('!not_skippable');
    }
  });

  it('may not once its time is over, or a look was taken back', () => {
    expect(skip('In Progress', { expiresAt: anHourAgo })).toBe('!not_skippable');
    expect(skip('In Progress', { voidAttempts: ['first'] })).toBe('!not_skippable');
  });
});

describe('challenges', () => {
  const ask = (state: SessionState, needs: ChallengeNeed = 'draw', attemptId = 'second') =>
    transition(state, { kind: 'begin_challenge', attemptId, needs }, now);
  /** So many times, one second after the other, the first of them `secondsAgo`. */
  const times = (count: number, secondsAgo: number) =>
    Array.from({ length: count }, (_, at) => new Date(now.getTime() - (secondsAgo - at) * 1_000));
  const pause = (inSeconds: number) => ({
    refusal: 'challenges_used_up',
    until: new Date(now.getTime() + inSeconds * 1_000),
  });

  it('are thirty in ten minutes, and the thirty-first is told when it may come', () => {
    const last = ask(session('In Progress', { challengesIssued: times(29, 500) }), 'nonce');
    if ('refusal' in last) throw new Error(last.refusal);
    expect(last.next.challengesIssued).toHaveLength(30);
    expect(last.next.challengesDrawn).toEqual([]);
    expect(ask(last.next, 'nonce')).toEqual(pause(100));
    expect(ask(last.next, 'nothing')).toEqual({ next: last.next, facts: [] });
    const later = ask(session('In Progress', { challengesIssued: times(30, 600) }), 'nonce');
    expect(later).toMatchObject({ facts: [{ kind: 'challenge_issued' }] });
  });

  it('ask six different things in ten minutes: nobody asks until it fits a recording', () => {
    const sixth = ask(session('In Progress', { challengesDrawn: times(5, 200) }));
    if ('refusal' in sixth) throw new Error(sixth.refusal);
    expect(sixth.next.challengesDrawn).toHaveLength(6);
    expect(ask(sixth.next)).toEqual(pause(400));
    expect(ask(sixth.next, 'nonce')).toMatchObject({ facts: [{ kind: 'challenge_issued' }] });
    expect(ask(session('In Progress', { challengesDrawn: times(6, 600) }))).toMatchObject({
      next: { challengesDrawn: { length: 6 } },
    });
  });

  it('that are too many are told of after what ends the session', () => {
    const full = { challengesIssued: times(30, 10), challengesDrawn: times(6, 10) };
    const spent = session('In Progress', { attempts: ['a', 'b', 'c'], ...full });
    expect(ask(spent)).toEqual({ refusal: 'attempts_used_up' });
    expect(ask(session('Approved', full))).toEqual({ refusal: 'finished' });
  });

  it('are for looks that are granted: none for a new id when the attempts are used up, none for a void one', () => {
    const spent = session('In Progress', { attempts: ['a', 'b', 'c'] });
    expect(ask(spent, 'draw', 'd')).toEqual({ refusal: 'attempts_used_up' });
    expect(ask(spent, 'draw', 'b')).toMatchObject({ facts: [{ kind: 'challenge_issued' }] });
    expect(ask(takeBack(spent, 'b'), 'draw', 'b')).toEqual({ refusal: 'attempt_void' });
  });
});

describe('attempts', () => {
  const begin = (state: SessionState, attemptId: string, hasOtherPictures = false) =>
    transition(state, { kind: 'begin_attempt', attemptId, hasOtherPictures }, now);

  it('two devices never hold more grants than attempts', () => {
    const first = begin(session('In Progress', { maxAttempts: 2 }), 'second');
    expect(first).toMatchObject({ next: { attempts: ['first', 'second'] } });
    if ('refusal' in first) throw new Error(first.refusal);
    expect(begin(first.next, 'third')).toEqual({ refusal: 'attempts_used_up' });
  });

  it('a repeated attempt keeps its grant when the attempts are used up', () => {
    const state = session('In Progress', { attempts: ['a', 'b', 'c'] });
    expect(begin(state, 'b')).toEqual({ next: state, facts: [{ kind: 'attempt_granted' }] });
  });

  it('ids in turn are no pictures without end, and the last look stays open until it decides', () => {
    let state = session('In Progress', { attempts: [] });
    let looks = 0;
    for (; attemptsLeft(state) > 0; looks += 1) {
      const result = begin(state, looks % 2 ? 'b' : 'a');
      if ('refusal' in result) throw new Error(result.refusal);
      state = result.next;
    }
    expect(looks).toBe(17);
    expect(begin(state, 'a')).toEqual({ next: state, facts: [{ kind: 'attempt_granted' }] });
    expect(begin(state, 'c')).toEqual({ refusal: 'attempts_used_up' });
  });

  it('other pictures under one id are another try', () => {
    let state = session('In Progress', { attempts: [], maxAttempts: 4 });
    const left = ['same', 'same', 'other', 'same', 'other', 'same', 'other', 'other'].map((pictures) => {
      const result = begin(state, 'a', pictures === 'other');
      if ('refusal' in result) throw new Error(result.refusal);
      state = result.next;
      return attemptsLeft(state);
    });
    // At the end any picture decides.
    expect(left).toEqual([3, 3, 2, 2, 1, 1, 0, 0]);
    const eight = session('In Progress', { attempts: Array.from({ length: 8 }, () => 'a') });
    const ninth = begin(eight, 'a', true);
    expect('refusal' in ninth ? ninth : attemptsLeft(ninth.next)).toBe(1);
  });

  it('a picture that the page delivers again and again is one attempt', () => {
    const seven = Array.from({ length: 7 }, () => 'a');
    expect(attemptsLeft(session('In Progress', { attempts: seven }))).toBe(2);
  });

  it('a resubmission gives its attempts and its time anew', () => {
    const state = session('Declined', { attempts: ['a', 'b', 'c'], expiresAt: anHourAgo });
    const result = transition(state, { kind: 'set_status', status: 'Resubmitted' }, now);
    expect(result).toMatchObject({ next: { attempts: [], expiresAt: inAnHour } });
    // Their evidence is known already: under one of their ids nothing would ever be judged.
    if ('refusal' in result) throw new Error(result.refusal);
    const again = { ...result.next, status: 'In Progress' as const };
    expect(begin(again, 'b')).toEqual({ refusal: 'attempt_void' });
    expect(attemptsLeft(again)).toBe(3);
    expect(begin(again, 'd')).toMatchObject({ next: { attempts: ['d'] } });
  });

  it('a look that is taken back uses up nothing, and neither decides nor begins again', () => {
    const state = takeBack(session('In Progress', { attempts: ['a', 'a'], maxAttempts: 1 }), 'a');
    expect(attemptsLeft(state)).toBe(1);
    expect(begin(state, 'a')).toEqual({ refusal: 'attempt_void' });
    expect(transition(state, { kind: 'decide', verdict: 'Approved', attemptId: 'a' }, now)).toEqual({
      refusal: 'not_granted',
    });
    expect(begin(state, 'b')).toMatchObject({ next: { attempts: ['b'], voidAttempts: ['a'] } });
  });

  it('evidence from before a resubmission does not decide what comes after it', () => {
    const state = session('In Progress', { attempts: ['after'] });
    expect(transition(state, { kind: 'decide', verdict: 'Approved', attemptId: 'before' }, now)).toEqual({
      refusal: 'not_granted',
    });
  });
});
