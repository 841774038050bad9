import { consumerOf, lookEvent, type StoryEntry } from '@selfsame/bus/story';

/** What has become of an event at the services that listen to it. */
export interface EventFate {
  readonly id: string;
  readonly name: string;
  /** Its number in the stream; null: it was never published. */
  readonly stream_sequence: number | null;
  readonly handled: readonly { readonly by: string; readonly at: Date; readonly after_ms: number }[];
  /** Services that listen to it and have not handled it. */
  readonly waiting: readonly string[];
  readonly dead_letters: readonly {
    readonly by: string;
    readonly reason: string;
    readonly deliveries: number;
  }[];
}

/** One line of the story, with its place in time. */
export interface TraceEntry {
  readonly at: Date;
  /** Since the session was created. */
  readonly offset_ms: number;
  /** Since the entry before. */
  readonly gap_ms: number;
  readonly service: string;
  readonly kind: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly event: EventFate | null;
  readonly trace_id: string | null;
  readonly problem: string | null;
}

/** How long one look took, on the clocks of the services that say so. */
export interface LookTime {
  readonly attempt_id: string | null;
  readonly status: string;
  readonly frame_to_verdict_ms: number;
  /** Until the first try of its first webhook began; null: none did. */
  readonly verdict_to_webhook_ms: number | null;
  readonly frame_to_webhook_ms: number | null;
}

/** The story of one session. The schema is documented in docs/trace-and-doctor.md; names in it do not change. */
export interface Trace {
  readonly schema: 'selfsame.trace/1';
  readonly session_id: string;
  readonly application: { readonly id: string; readonly slug: string };
  readonly status: string;
  readonly story: readonly TraceEntry[];
  readonly looks: readonly LookTime[];
  readonly trace_ids: readonly string[];
  readonly problems: readonly { readonly service: string; readonly text: string }[];
  /** Services whose part could not be read: what happened there is missing. */
  readonly unread: readonly { readonly service: string; readonly reason: string }[];
}

/** One consumer of one service has handled an event, or has given it up. */
export interface Known {
  readonly handled: readonly { consumer: string; eventId: string; handledAt: Date; streamSequence: number }[];
  readonly buried: readonly { consumer: string; eventId: string; reason: string; deliveries: number }[];
  /** Every consumer there is, of every service. */
  readonly consumers: readonly string[];
}

export const services = ['session', 'biometrics', 'fraud-signals', 'share', 'webhook-dispatcher'] as const;
export type ToldService = (typeof services)[number];

/** An event is handled within moments; what takes longer than this waits for something. */
const patienceMs = 5_000;

/** Puts what services remember in order, with what became of their events. Pure. */
export function composeTrace(parts: {
  readonly sessionId: string;
  readonly applicationId: string;
  readonly slug: string;
  readonly entries: readonly StoryEntry[];
  readonly known: Known;
  readonly unread: Trace['unread'];
  readonly now: Date;
}): Trace {
  const { sessionId, entries, known, now, unread } = parts;
  const all = [...entries.map((entry) => withCapture(entry, sessionId, known)), ...frames(entries)];
  const ordered = all
    .map((entry, position) => ({ entry, position }))
    .toSorted(
      (one, other) =>
        one.entry.at.getTime() - other.entry.at.getTime() ||
        rank(one.entry) - rank(other.entry) ||
        one.position - other.position,
    )
    .map(({ entry }) => entry);
  const startMs =
    (ordered.find(({ kind }) => kind === 'created') ?? ordered[0])?.at.getTime() ?? now.getTime();
  const arrivals = new Map(frames(entries).map(({ at, facts }) => [facts.attempt_id, at]));
  let beforeMs = startMs;
  const story = ordered.map((entry): TraceEntry => {
    const atMs = entry.at.getTime();
    const frame = entry.kind === 'verdict' ? arrivals.get(entry.facts.attempt_id) : undefined;
    const event = fateOf(entry, frame ?? entry.at, known);
    const problem = [
      entry.problem,
      event && eventProblem(entry, event, now),
      letterProblem(entry, sessionId, known),
    ]
      .filter(Boolean)
      .join('; ');
    const told: TraceEntry = {
      at: entry.at,
      offset_ms: atMs - startMs,
      gap_ms: atMs - beforeMs,
      service: entry.service,
      kind: entry.kind,
      text: entry.text,
      lines: entry.lines ?? [],
      facts: entry.facts,
      event,
      trace_id: entry.traceId ?? null,
      problem: problem || null,
    };
    beforeMs = atMs;
    return told;
  });
  const created = entries.find(({ kind }) => kind === 'created');
  return {
    schema: 'selfsame.trace/1',
    session_id: sessionId,
    application: { id: parts.applicationId, slug: parts.slug },
    status: String(created?.facts.status ?? 'unknown'),
    story,
    looks: lookTimes(story),
    trace_ids: [...new Set(story.flatMap(({ trace_id }) => trace_id ?? []))],
    problems: story.flatMap(({ service, problem }) => (problem === null ? [] : [{ service, text: problem }])),
    unread,
  };
}

/** Of things that have the same time, causes come first. */
const ranks = ['frame', 'created', 'opened', 'assessment', 'step_up', 'attempt', 'verdict', 'status'];

function rank({ kind }: Pick<StoryEntry, 'kind'>): number {
  const found = ranks.indexOf(kind);
  return found === -1 ? ranks.length : found;
}

/** The evidence of a look came as an event of capture's, which keeps nothing: where it was handled, it is known. */
function withCapture(entry: StoryEntry, sessionId: string, known: Known): StoryEntry {
  const { attempt_id: attemptId } = entry.facts;
  if (entry.kind !== 'verdict' || typeof attemptId !== 'string') return entry;
  const event = lookEvent(sessionId, attemptId);
  const handled = known.handled.find(({ eventId }) => eventId === event.id);
  if (handled === undefined) return entry;
  return { ...entry, event: { ...event, streamSequence: handled.streamSequence } };
}

/** A frame leaves no trace of its own: the status that follows from it says when it came. */
function frames(entries: readonly StoryEntry[]): StoryEntry[] {
  return entries.flatMap(({ facts, traceId }): StoryEntry[] => {
    const { frame_received_at: at, attempt_id: attemptId } = facts;
    if (!(at instanceof Date)) return [];
    const name = typeof attemptId === 'string' ? ` of attempt …${attemptId.slice(-6)}` : '';
    return [
      {
        at,
        service: 'capture',
        kind: 'frame',
        text: `frame${name} arrived`,
        facts: { attempt_id: attemptId ?? null },
        ...(traceId === undefined ? {} : { traceId }),
      },
    ];
  });
}

/** @param since what the time until it was handled is counted from */
function fateOf({ event }: StoryEntry, since: Date, known: Known): EventFate | null {
  if (event === undefined) return null;
  const { id, name, streamSequence } = event;
  const suffix = consumerOf('', name);
  const ofService = (consumer: string) => consumer.slice(0, -suffix.length);
  const mine = <Row extends { consumer: string; eventId: string }>(rows: readonly Row[]) =>
    rows.filter((row) => row.eventId === id && row.consumer.endsWith(suffix));
  const handled = mine(known.handled).map(({ consumer, handledAt }) => ({
    by: ofService(consumer),
    at: handledAt,
    after_ms: handledAt.getTime() - since.getTime(),
  }));
  const buried = mine(known.buried).map(({ consumer, reason, deliveries }) => ({
    by: ofService(consumer),
    reason,
    deliveries,
  }));
  const done = new Set([...handled, ...buried].map(({ by }) => by));
  const listening = known.consumers.filter((consumer) => consumer.endsWith(suffix)).map(ofService);
  return {
    id,
    name,
    stream_sequence: streamSequence,
    handled: handled.toSorted((one, other) => one.after_ms - other.after_ms),
    waiting: [...new Set(listening)].filter((service) => !done.has(service)),
    dead_letters: buried,
  };
}

function eventProblem({ at }: StoryEntry, event: EventFate, now: Date): string | null {
  const ageMs = now.getTime() - at.getTime();
  const buried = event.dead_letters.map(
    ({ by, reason, deliveries }) =>
      `${by} gave ${event.name} up after ${deliveries} deliveries (${reason}): pnpm dead-letters list --service ${by}`,
  );
  if (ageMs < patienceMs) return buried.join('; ') || null;
  if (event.stream_sequence === null)
    return `${event.name} is not published: NATS is away or full; the service publishes it when NATS is back`;
  const waiting = event.waiting.map(
    (service) => `${service} has not handled ${event.name}: it is down or behind, see its /readyz and log`,
  );
  return [...buried, ...waiting].join('; ') || null;
}

/** Evidence that session has given up leaves its attempt without a verdict. */
function letterProblem({ kind, facts }: StoryEntry, sessionId: string, known: Known): string | null {
  if (kind !== 'attempt' || typeof facts.attempt_id !== 'string') return null;
  const { id } = lookEvent(sessionId, facts.attempt_id);
  const letter = known.buried.find(({ eventId }) => eventId === id);
  if (letter === undefined) return null;
  return `session gave its evidence up after ${letter.deliveries} deliveries (${letter.reason}): pnpm dead-letters list --service session`;
}

function lookTimes(story: readonly TraceEntry[]): LookTime[] {
  return story.flatMap(({ kind, facts, at, event }): LookTime[] => {
    const { frame_received_at: frame, attempt_id: attemptId, status } = facts;
    if (kind !== 'status' || !(frame instanceof Date)) return [];
    const tries = story.filter((each) => each.kind === 'delivery_try' && each.facts.event_id === event?.id);
    const first = tries[0]?.at;
    return [
      {
        attempt_id: typeof attemptId === 'string' ? attemptId : null,
        status: String(status),
        frame_to_verdict_ms: at.getTime() - frame.getTime(),
        verdict_to_webhook_ms: first === undefined ? null : first.getTime() - at.getTime(),
        frame_to_webhook_ms: first === undefined ? null : first.getTime() - frame.getTime(),
      },
    ];
  });
}
