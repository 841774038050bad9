import { describe, expect, it } from 'vitest';
import { type Arrival, check, isClean, type TrueEvent, type Truth } from './checker.ts';

/** A session that went through three statuses, heard by one ordered and one unordered destination. */
const statuses = ['Not Started', 'In Progress', 'Abandoned'];
const events: TrueEvent[] = statuses.map((status, index) => ({
  eventId: `event-${index + 1}`,
  applicationId: 'application',
  sessionId: 'session',
  sequence: index + 1,
  status,
  occurredAtMs: 1_000 + index,
}));
const truth: Truth = {
  events,
  destinations: [
    { name: 'ordered', applicationId: 'application', isOrdered: true },
    { name: 'unordered', applicationId: 'application', isOrdered: false },
  ],
  sessionStatuses: new Map([['session', 'Abandoned']]),
  acknowledged: statuses.map((status) => ({ sessionId: 'session', status })),
};

function arrival(sequence: number, change: Partial<Arrival> = {}): Arrival {
  const event = events[sequence - 1];
  if (event === undefined) throw new Error(`no event ${sequence}`);
  const { occurredAtMs, ...same } = event;
  return {
    destination: 'ordered',
    ...same,
    content: `content of ${event.eventId}`,
    isSigned: true,
    isTaken: true,
    atMs: occurredAtMs + 10,
    ...change,
  };
}

const unordered = { destination: 'unordered' };
const inOrder = [1, 2, 3].map((sequence) => arrival(sequence));
const elsewhere = [1, 2, 3].map((sequence) => arrival(sequence, unordered));

describe('the checker', () => {
  it('finds nothing where everything came once and in order', () => {
    const verdict = check(truth, [...inOrder, ...elsewhere]);
    expect(isClean(verdict)).toBe(true);
    expect(verdict.events).toBe(3);
    const heard = { due: 3, requests: 3, retried: 0, duplicated: 0, outOfOrder: 0 };
    expect(verdict.heard).toEqual([
      { name: 'ordered', isOrdered: true, ...heard },
      { name: 'unordered', isOrdered: false, ...heard },
    ]);
  });

  it('tells a repetition, which is allowed, from the retry of what was refused', () => {
    const verdict = check(truth, [
      arrival(1),
      arrival(2, { isTaken: false }),
      arrival(2),
      arrival(3),
      arrival(1),
      ...elsewhere,
    ]);
    expect(isClean(verdict)).toBe(true);
    expect(verdict.heard[0]).toMatchObject({ due: 3, requests: 5, retried: 1, duplicated: 1 });
  });

  it.each([
    ['never came', []],
    ['was only refused', [arrival(3, { isTaken: false })]],
    ['was badly signed', [arrival(3, { isSigned: false })]],
    ['came to somebody else', [arrival(3, { ...unordered })]],
  ])('says lost when an event %s', (_, last) => {
    const verdict = check(truth, [arrival(1), arrival(2), ...last, ...elsewhere]);
    expect(verdict.lost).toEqual(['ordered: event event-3 (3. of session)']);
    expect(isClean(verdict)).toBe(false);
  });

  it.each([
    ['came before its predecessor', [arrival(2), arrival(1), arrival(3)]],
    [
      'came while its predecessor was still refused',
      [arrival(1, { isTaken: false }), arrival(2), arrival(1), arrival(3)],
    ],
    ['left a hole', [arrival(1), arrival(3), arrival(2)]],
  ])('says reordered when an event %s', (_, record) => {
    const verdict = check(truth, [...record, ...elsewhere]);
    expect(verdict.reordered.length).toBeGreaterThan(0);
    expect(verdict.lost).toEqual([]);
    expect(isClean(verdict)).toBe(false);
  });

  it('only counts what is out of order at an unordered destination', () => {
    const record = [3, 2, 1].map((sequence) => arrival(sequence, unordered));
    const verdict = check(truth, [...inOrder, ...record]);
    expect(isClean(verdict)).toBe(true);
    expect(verdict.heard[1]).toMatchObject({ outOfOrder: 2 });
  });

  it('does not call a late repetition reordered', () => {
    const verdict = check(truth, [...inOrder, arrival(1), ...elsewhere]);
    expect(verdict.reordered).toEqual([]);
  });

  it.each([
    ['another content', arrival(3, { content: 'changed' }), 'two contents'],
    [
      'an event that the database does not have',
      arrival(3, { eventId: 'event-9' }),
      'unknown to the database',
    ],
    ['another session', arrival(3, { sessionId: 'other' }), 'another session'],
    ['another sequence', arrival(3, { sequence: 4 }), 'says sequence 4'],
    ['another status', arrival(3, { status: 'Approved' }), 'says Approved, not Abandoned'],
    ['another application', arrival(3, { applicationId: 'other' }), 'another application'],
    ['a bad signature', arrival(3, { isSigned: false }), 'signature'],
  ])('says contradictory when a webhook tells of %s', (_, wrong, words) => {
    const verdict = check(truth, [...inOrder, ...elsewhere, wrong]);
    expect(verdict.contradictory.join()).toContain(words);
    expect(isClean(verdict)).toBe(false);
  });

  it("says contradictory when a destination hears of another application's session", () => {
    const stranger = { name: 'stranger', applicationId: 'other', isOrdered: false };
    const record = [...inOrder, ...elsewhere, arrival(1, { destination: 'stranger' })];
    const verdict = check({ ...truth, destinations: [...truth.destinations, stranger] }, record);
    expect(verdict.contradictory).toEqual(['stranger: event event-1 is none of its business']);
  });

  it('says contradictory when two events have one sequence', () => {
    const twin = { ...(events[2] as TrueEvent), eventId: 'event-3b' };
    const record = [...inOrder, ...elsewhere, arrival(3, { eventId: 'event-3b' })];
    const verdict = check({ ...truth, events: [...events, twin] }, record);
    expect(verdict.contradictory.join()).toContain('two events with one sequence');
  });

  it('says contradictory when the sequences of a session have a hole', () => {
    const verdict = check({ ...truth, events: events.filter((event) => event.sequence !== 2) }, []);
    expect(verdict.contradictory.join()).toContain('have a hole');
  });

  it('says contradictory when the API and the last webhook differ', () => {
    const sessionStatuses = new Map([['session', 'Approved']]);
    const verdict = check({ ...truth, sessionStatuses }, [...inOrder, ...elsewhere]);
    expect(verdict.contradictory).toContain('ordered: last word on session is Abandoned, it is Approved');
    expect(verdict.contradictory).toContain(
      'session session: the API says Approved, its last event Abandoned',
    );
  });

  it('says forgotten when the API had acknowledged what the database does not know', () => {
    const acknowledged = [...truth.acknowledged, { sessionId: 'session', status: 'Approved' }];
    const verdict = check({ ...truth, acknowledged }, [...inOrder, ...elsewhere]);
    expect(verdict.forgotten).toEqual(['session session: the API had answered that it is Approved']);
    expect(isClean(verdict)).toBe(false);
  });
});
