import type { GuidanceAnswer, LiveMessage } from '../../src/wire.ts';
import type { SessionPath } from './client.ts';
import type { Visit } from './handoff/visit.ts';
import { adapt, firstPace, type Outcome, type Pace } from './live-pace.ts';

/** How far this page is, for the page on another device. */
export type VisitStage = 'opened' | 'looking' | 'checking' | 'left';

/** What the channel hears without having asked. `progress` is always that of another page. */
export type LiveNews =
  | Extract<LiveMessage, { is: 'progress' | 'finished' }>
  | { readonly is: 'link'; readonly up: boolean };

/** One page's line to the service. Everything works without it, only less well. */
export interface LiveChannel {
  readonly up: boolean;
  /** How often to ask, and with what. */
  readonly pace: Pace;
  /** What a thumbnail shows; null when nobody looked: closed, busy, late, or one is still unanswered. */
  ask(thumbnail: Blob, signal: AbortSignal): Promise<GuidanceAnswer | null>;
  /** Tells the page on the other device; said again after a break. */
  tell(stage: VisitStage): void;
  /** Wants to know where the session stands; said again after a break. */
  follow(): void;
  /** For good. */
  close(): void;
}

/** An answer later than this is about another moment. */
const lateAfterMs = 1_200;
/** Between two tries to connect, with as much again by chance: a restarted service is not met by everyone at once. */
const reconnectMs = { first: 500, most: 20_000 } as const;
/** A connection that held this long was a good one. */
const steadyMs = 5_000;

/** The question that is out. */
interface Question {
  readonly seq: number;
  readonly askedAt: number;
  readonly waitingBytes: number;
  settle(answer: GuidanceAnswer | null, outcome: Outcome | null): void;
}

/**
 * A line that is opened by its first use and opened again, later and later, whenever it breaks.
 * @param connect replaced where there is no browser
 */
export function openLiveChannel(
  path: SessionPath,
  visit: Visit,
  heard: (news: LiveNews) => void,
  connect: (path: string) => WebSocket = connectHere,
): LiveChannel {
  let socket: WebSocket | null = null;
  let up = false;
  let closed = false;
  let delayMs: number = reconnectMs.first;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pace = firstPace;
  let question: Question | null = null;
  let seq = 0;
  let told: VisitStage | null = null;
  let follows = false;

  function open(): void {
    if (closed || socket !== null) return;
    clearTimeout(timer);
    timer = undefined;
    let opening: WebSocket;
    try {
      opening = connect(`${path}/live?visit=${visit.id}`);
    } catch {
      later();
      return;
    }
    socket = opening;
    let openedAt = 0;
    opening.addEventListener('open', () => {
      openedAt = performance.now();
      up = true;
      if (told !== null) say({ is: 'stage', stage: told });
      if (follows) say({ is: 'follow' });
      heard({ is: 'link', up });
    });
    opening.addEventListener('message', ({ data }) => receive(data));
    opening.addEventListener('close', () => {
      if (socket !== opening) return;
      socket = null;
      question?.settle(null, null);
      if (up) {
        up = false;
        if (performance.now() - openedAt >= steadyMs) delayMs = reconnectMs.first;
        heard({ is: 'link', up });
      }
      later();
    });
  }

  function later(): void {
    if (closed || timer !== undefined) return;
    timer = setTimeout(open, delayMs * (1 + Math.random()));
    delayMs = Math.min(reconnectMs.most, 2 * delayMs);
  }

  function say(message: object): void {
    if (up) socket?.send(JSON.stringify(message));
  }

  function receive(data: unknown): void {
    const message = read(data);
    if (message === null) return;
    if (message.is === 'progress' || message.is === 'finished') heard(message);
    // An answer after its time is to a question that is closed.
    else if (message.seq !== question?.seq) return;
    else if (message.is === 'busy') question.settle(null, { is: 'busy' });
    else {
      const afterMs = performance.now() - question.askedAt;
      question.settle(message.seen, { is: 'answered', afterMs, waitingBytes: question.waitingBytes });
    }
  }

  function hurry(): void {
    delayMs = reconnectMs.first;
    if (timer !== undefined) open();
  }
  globalThis.addEventListener?.('online', hurry);

  return {
    get up() {
      return up;
    },
    get pace() {
      return pace;
    },
    ask(thumbnail, signal) {
      if (socket === null) {
        if (timer === undefined) open();
        return Promise.resolve(null);
      }
      if (!up || question !== null || signal.aborted) return Promise.resolve(null);
      const waitingBytes = socket.bufferedAmount;
      seq += 1;
      socket.send(new Blob([bigEndian(seq), thumbnail]));
      return new Promise((resolve) => {
        const abort = () => question?.settle(null, null);
        const late = setTimeout(() => question?.settle(null, { is: 'late' }), lateAfterMs);
        signal.addEventListener('abort', abort, { once: true });
        question = {
          seq,
          askedAt: performance.now(),
          waitingBytes,
          settle(answer, outcome) {
            question = null;
            clearTimeout(late);
            signal.removeEventListener('abort', abort);
            if (outcome !== null) pace = adapt(pace, outcome);
            resolve(answer);
          },
        };
      });
    },
    tell(stage) {
      told = stage;
      if (socket === null) open();
      say({ is: 'stage', stage });
    },
    follow() {
      follows = true;
      if (socket === null) open();
      say({ is: 'follow' });
    },
    close() {
      closed = true;
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', hurry);
      question?.settle(null, null);
      socket?.close(1000);
    },
  };
}

function connectHere(path: string): WebSocket {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return new WebSocket(url);
}

/** Something on the way may answer in its own words: nothing that is not ours is heard. */
function read(data: unknown): LiveMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data) as LiveMessage | null;
    return typeof message === 'object' && message !== null && 'is' in message ? message : null;
  } catch {
    return null;
  }
}

/** Four bytes. */
function bigEndian(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
