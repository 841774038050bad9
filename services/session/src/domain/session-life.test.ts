import { describe, expect, it } from 'vitest';
import type { Command, SessionState, Transition } from './session-life.ts';
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
    challengesIssued: 0,
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
  const deleted = result.facts.some((fact) => fact.kind === 'deleted') ? ' deleted' : '';
  return `${result.next.status === before ? '=' : result.next.status}${issued}${granted}${deleted}`;
}

const commands = {
  open: { kind: 'open' },
  challenge: { kind: 'begin_challenge', attemptId: 'second', isKnown: false },
  'known challenge': { kind: 'begin_challenge', attemptId: 'second', isKnown: true },
  begin: { kind: 'begin_attempt', attemptId: 'second' },
  'begin again': { kind: 'begin_attempt', attemptId: 'first' },
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
  delete: { kind: 'delete' },
} satisfies Record<string, Command>;

type Row = Record<keyof typeof commands, string>;

const finished: Row = {
  open: '=',
  challenge: '!finished',
  'known challenge': '!finished',
  begin: '!finished',
  'begin again': '!finished',
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
  delete: '= deleted',
};

const unopened: Row = {
  open: 'In Progress',
  challenge: '= +challenge',
  'known challenge': '=',
  begin: 'In Progress +grant',
  'begin again': 'In Progress +grant',
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
  delete: '= deleted',
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

describe('challenges', () => {
  const ask = (state: SessionState, attemptId = 'second', isKnown = false) =>
    transition(state, { kind: 'begin_challenge', attemptId, isKnown }, now);

  it('end after thirty, and the ones that are known are told again', () => {
    const last = ask(session('In Progress', { challengesIssued: 29 }));
    if ('refusal' in last) throw new Error(last.refusal);
    expect(last.next.challengesIssued).toBe(30);
    expect(ask(last.next)).toEqual({ refusal: 'attempts_used_up' });
    expect(ask(last.next, 'second', true)).toEqual({ next: last.next, facts: [] });
  });

  it('are issued to whoever may take a look, and to nobody else', () => {
    const spent = session('In Progress', { attempts: ['a', 'b', 'c'] });
    expect(ask(spent)).toEqual({ refusal: 'attempts_used_up' });
    expect(ask(spent, 'b')).toMatchObject({ facts: [{ kind: 'challenge_issued' }] });
    expect(ask(takeBack(spent, 'b'), 'b')).toEqual({ refusal: 'attempt_void' });
  });

  it('begin anew with a resubmission', () => {
    const state = session('Declined', { challengesIssued: 30 });
    const result = transition(state, { kind: 'set_status', status: 'Resubmitted' }, now);
    expect(result).toMatchObject({ next: { challengesIssued: 0 } });
  });
});

describe('attempts', () => {
  const begin = (state: SessionState, attemptId: string) =>
    transition(state, { kind: 'begin_attempt', attemptId }, now);

  it('two devices never hold more grants than attempts', () => {
    const first = begin(session('In Progress', { maxAttempts: 2 }), 'second');
    expect(first).toMatchObject({ next: { attempts: ['first', 'second'] } });
    if ('refusal' in first) throw new Error(first.refusal);
    expect(begin(first.next, 'third')).toEqual({ refusal: 'attempts_used_up' });
  });

  it('a repeated attempt keeps its grant when the attempts are used up', () => {
    const state = session('In Progress', { attempts: ['a', 'b', 'c'] });
    expect(begin(state, 'b')).toEqual({ next: state, facts: [] });
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
    expect(begin(state, 'a')).toEqual({ next: state, facts: [] });
    expect(begin(state, 'c')).toEqual({ refusal: 'attempts_used_up' });
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
