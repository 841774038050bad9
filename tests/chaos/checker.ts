/** One row of the session service's outbox: a fact that every subscribed destination must hear of. */
export interface TrueEvent {
  readonly eventId: string;
  readonly applicationId: string;
  readonly sessionId: string;
  readonly sequence: number;
  readonly status: string;
  /** Unix milliseconds. */
  readonly occurredAtMs: number;
}

export interface CheckedDestination {
  readonly name: string;
  readonly applicationId: string;
  /** Promised a session's events strictly one after the other. */
  readonly isOrdered: boolean;
}

/** What the database and the API say when the run is over. */
export interface Truth {
  readonly events: readonly TrueEvent[];
  /** Enabled, and subscribed from before the first event on. */
  readonly destinations: readonly CheckedDestination[];
  /** Status of each session as the public API answers it. */
  readonly sessionStatuses: ReadonlyMap<string, string>;
  /** Changes that the API has told a caller are done, in the order of each session. */
  readonly acknowledged: readonly { readonly sessionId: string; readonly status: string }[];
}

/** One request that a receiver has read to its end; a record lists them as they came. */
export interface Arrival {
  readonly destination: string;
  readonly eventId: string;
  readonly applicationId: string;
  readonly sessionId: string;
  readonly sequence: number;
  readonly status: string;
  /** Digest of the body without its `timestamp`. */
  readonly content: string;
  /** Every signature that it carried, over the bytes as they came. */
  readonly isSigned: boolean;
  /** The receiver answered 2xx: it will not ask for this event again. */
  readonly isTaken: boolean;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** What one destination heard. */
export interface Heard {
  readonly name: string;
  readonly isOrdered: boolean;
  /** Events that it had subscribed to. */
  readonly due: number;
  readonly requests: number;
  /** Requests that told again what had been refused or left unanswered: what retries are for. */
  readonly retried: number;
  /** Requests that told again what had been taken: allowed, as at least once has it. */
  readonly duplicated: number;
  /** Events that came before their predecessor had come: allowed where no order is promised. */
  readonly outOfOrder: number;
}

/** What a run proved. Findings are sentences with ids; an empty list is the promise kept. */
export interface Verdict {
  readonly events: number;
  readonly heard: readonly Heard[];
  /** A destination never took an event that it had subscribed to. */
  readonly lost: string[];
  /** An ordered destination saw a session's event before the one before it was taken. */
  readonly reordered: string[];
  /** Two accounts of the same fact. */
  readonly contradictory: string[];
  /** The API had said that it was done, and the database knows nothing of it. */
  readonly forgotten: string[];
}

/** True when every promise was kept. */
export function isClean(verdict: Verdict): boolean {
  const { lost, reordered, contradictory, forgotten } = verdict;
  return [lost, reordered, contradictory, forgotten].every((findings) => findings.length === 0);
}

/** Compares what happened with what was heard of it. Pure. */
export function check(truth: Truth, arrivals: readonly Arrival[]): Verdict {
  const byId = new Map(truth.events.map((event) => [event.eventId, event]));
  const byDestination = Map.groupBy(arrivals, (arrival) => arrival.destination);
  const contradictory = [...contradictionsWithin(truth), ...contradictions(truth, byId, arrivals)];
  const lost: string[] = [];
  const reordered: string[] = [];
  const heard: Heard[] = [];
  for (const destination of truth.destinations) {
    const { name, isOrdered } = destination;
    const wanted = truth.events.filter((event) => event.applicationId === destination.applicationId);
    const record = byDestination.get(name) ?? [];
    const histories = historiesOf(record);
    for (const event of wanted) {
      if (histories.get(event.eventId)?.firstTaken !== undefined) continue;
      lost.push(`${name}: event ${event.eventId} (${event.sequence}. of ${event.sessionId})`);
    }
    const { overtaken, outOfOrder } = overtakings(name, wanted, histories);
    if (isOrdered) reordered.push(...overtaken);
    contradictory.push(...staleEndings(truth, name, wanted, histories));
    const all = [...histories.values()];
    const duplicated = all.reduce((sum, history) => sum + history.afterTaken, 0);
    const retried = record.length - all.length - duplicated;
    const requests = record.length;
    heard.push({ name, isOrdered, due: wanted.length, requests, retried, duplicated, outOfOrder });
  }
  return {
    events: truth.events.length,
    heard,
    lost,
    reordered,
    contradictory,
    forgotten: forgottenChanges(truth),
  };
}

/** What one destination saw of one event; positions are those of its record. */
interface History {
  count: number;
  /** Of `count`, those after it was taken. */
  afterTaken: number;
  readonly first: number;
  firstTaken: number | undefined;
}

function historiesOf(arrivals: readonly Arrival[]): Map<string, History> {
  const histories = new Map<string, History>();
  arrivals.forEach((arrival, position) => {
    const nothing = { count: 0, afterTaken: 0, first: position, firstTaken: undefined };
    const history: History = histories.get(arrival.eventId) ?? nothing;
    history.count += 1;
    if (history.firstTaken !== undefined) history.afterTaken += 1;
    if (arrival.isTaken && arrival.isSigned) history.firstTaken ??= position;
    histories.set(arrival.eventId, history);
  });
  return histories;
}

/**
 * Of each session's events at one destination: those that came before their predecessor had been taken (which ordered
 * destinations are promised not to see), and those that came before their predecessor had come at all.
 */
function overtakings(
  destination: string,
  wanted: readonly TrueEvent[],
  histories: ReadonlyMap<string, History>,
): { overtaken: string[]; outOfOrder: number } {
  const overtaken: string[] = [];
  let outOfOrder = 0;
  for (const [sessionId, events] of Map.groupBy(wanted, (event) => event.sessionId)) {
    const inOrder = events.toSorted((a, b) => a.sequence - b.sequence);
    inOrder.forEach((event, index) => {
      const before = inOrder[index - 1];
      const own = histories.get(event.eventId);
      if (before === undefined || own === undefined) return;
      const earlier = histories.get(before.eventId);
      if (earlier === undefined || own.first < earlier.first) outOfOrder += 1;
      if (earlier?.firstTaken !== undefined && earlier.firstTaken < own.first) return;
      overtaken.push(`${destination}: ${event.sequence}. event of ${sessionId} before the one before it`);
    });
  }
  return { overtaken, outOfOrder };
}

function contradictions(
  truth: Truth,
  byId: ReadonlyMap<string, TrueEvent>,
  arrivals: readonly Arrival[],
): string[] {
  const owners = new Map(truth.destinations.map(({ name, applicationId }) => [name, applicationId]));
  const findings = new Set<string>();
  const contents = new Map<string, string>();
  for (const arrival of arrivals) {
    const { destination, eventId } = arrival;
    const say = (what: string) => findings.add(`${destination}: event ${eventId} ${what}`);
    if (!arrival.isSigned) say('came with a signature that does not hold');
    const content = contents.get(eventId) ?? arrival.content;
    contents.set(eventId, content);
    if (content !== arrival.content) say('came with two contents');
    const event = byId.get(eventId);
    if (event === undefined) say('is unknown to the database');
    else if (arrival.sessionId !== event.sessionId) say(`is about another session, ${arrival.sessionId}`);
    else if (arrival.sequence !== event.sequence) say(`says sequence ${arrival.sequence}`);
    else if (arrival.status !== event.status) say(`says ${arrival.status}, not ${event.status}`);
    else if (arrival.applicationId !== event.applicationId) say('names another application');
    else if (owners.get(destination) !== event.applicationId) say('is none of its business');
  }
  return [...findings];
}

/** The database against itself and the API: sequences without a hole, the last event says what the session is. */
function contradictionsWithin(truth: Truth): string[] {
  const findings: string[] = [];
  for (const [sessionId, events] of Map.groupBy(truth.events, (event) => event.sessionId)) {
    const inOrder = events.toSorted((a, b) => a.sequence - b.sequence);
    const sequences = inOrder.map((event) => event.sequence);
    if (new Set(sequences).size < sequences.length) {
      findings.push(`session ${sessionId}: two events with one sequence (${sequences})`);
    } else if (sequences.some((sequence, index) => sequence !== index + 1)) {
      findings.push(`session ${sessionId}: its sequences have a hole (${sequences})`);
    }
    const status = truth.sessionStatuses.get(sessionId);
    const last = inOrder.at(-1)?.status;
    if (status !== last) {
      findings.push(`session ${sessionId}: the API says ${status}, its last event ${last}`);
    }
  }
  return findings;
}

/** Sessions whose last webhook by sequence is not what the API says they are. */
function staleEndings(
  truth: Truth,
  destination: string,
  wanted: readonly TrueEvent[],
  histories: ReadonlyMap<string, History>,
): string[] {
  const last = new Map<string, TrueEvent>();
  for (const event of wanted) {
    const known = last.get(event.sessionId);
    if (!histories.has(event.eventId) || (known !== undefined && known.sequence > event.sequence)) continue;
    last.set(event.sessionId, event);
  }
  return [...last.values()].flatMap(({ sessionId, status }) => {
    const now = truth.sessionStatuses.get(sessionId);
    return now === status ? [] : [`${destination}: last word on ${sessionId} is ${status}, it is ${now}`];
  });
}

/** What callers were told, in order, has to be found in that order in the session's events. */
function forgottenChanges(truth: Truth): string[] {
  const bySession = Map.groupBy(truth.events, (event) => event.sessionId);
  const findings: string[] = [];
  for (const [sessionId, told] of Map.groupBy(truth.acknowledged, (change) => change.sessionId)) {
    const events = (bySession.get(sessionId) ?? []).toSorted((a, b) => a.sequence - b.sequence);
    let position = 0;
    for (const { status } of told) {
      while (position < events.length && events[position]?.status !== status) position += 1;
      if (position >= events.length) {
        findings.push(`session ${sessionId}: the API had answered that it is ${status}`);
        break;
      }
      position += 1;
    }
  }
  return findings;
}
