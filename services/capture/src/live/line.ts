import { looksLikeImage } from '../domain/image-bytes.ts';
import { createRateLimit } from '../domain/rate-limit.ts';
import type { GuidanceAnswer, LiveMessage } from '../wire.ts';
import type { VisitStage } from './rooms.ts';

/** What a line does with what comes in. */
export interface LineHandlers {
  /** What a thumbnail shows; null when nobody looks now. */
  see(thumbnail: Buffer): Promise<GuidanceAnswer | null>;
  /** The page tells how far it is. */
  stage(stage: VisitStage): void;
  /** The page wants to know where the session stands. */
  follow(): Promise<void>;
}

/** Why a page is cut off; the codes of RFC 6455. */
export type Fault = { readonly code: 1003 | 1008; readonly reason: string };

/** One page's line: judges what comes in. It knows neither sockets nor services. */
export interface Line {
  /** @returns a fault when the page does what no page of ours does */
  receive(data: Buffer, isBinary: boolean): Fault | null;
  readonly counts: { readonly seen: number; readonly busy: number };
}

/** A page asks eight times a second at most; a browser that was held up may send some at once. */
const thumbnails = { perMinute: 60 * 10, burst: 20 } as const;
const words = { perMinute: 60, burst: 20 } as const;
const wordsBytesMax = 1_024;
const seqBytes = 4;

const stages: readonly VisitStage[] = ['opened', 'looking', 'checking', 'left'];
const unreadable: Fault = { code: 1003, reason: 'not understood' };
const tooMany: Fault = { code: 1008, reason: 'too many messages' };

/** A line at its start. `say` sends to the page. */
export function createLine(handlers: LineHandlers, say: (message: LiveMessage) => void): Line {
  const budget = {
    thumbnails: createRateLimit({ ...thumbnails, maxKeys: 1 }),
    words: createRateLimit({ ...words, maxKeys: 1 }),
  };
  const counts = { seen: 0, busy: 0 };
  let isLooking = false;
  let told: VisitStage | null = null;

  async function look(seq: number, thumbnail: Buffer): Promise<void> {
    isLooking = true;
    const seen = await handlers.see(thumbnail);
    isLooking = false;
    if (seen === null) refuse(seq);
    else {
      counts.seen += 1;
      say({ is: 'seen', seq, seen });
    }
  }

  function refuse(seq: number): void {
    counts.busy += 1;
    say({ is: 'busy', seq });
  }

  function receiveThumbnail(data: Buffer): Fault | null {
    if (budget.thumbnails.take('', performance.now()) > 0) return tooMany;
    const thumbnail = data.subarray(seqBytes);
    if (!looksLikeImage(thumbnail)) return unreadable;
    const seq = data.readUInt32BE(0);
    if (isLooking) refuse(seq);
    else void look(seq, thumbnail);
    return null;
  }

  function receiveWords(data: Buffer): Fault | null {
    if (budget.words.take('', performance.now()) > 0) return tooMany;
    const message = data.length > wordsBytesMax ? null : parse(data);
    if (message === null) return unreadable;
    const stage = stages.find((each) => each === message.stage);
    if (message.is === 'follow') void handlers.follow();
    // Said once: a page repeats itself after a break.
    else if (message.is === 'stage' && stage !== undefined && stage !== told) {
      told = stage;
      handlers.stage(stage);
    }
    return null;
  }

  return {
    receive: (data, isBinary) => (isBinary ? receiveThumbnail(data) : receiveWords(data)),
    counts,
  };
}

/** A later page may say more than is understood here; what is no object is no word of a page. */
function parse(data: Buffer): { readonly is?: unknown; readonly stage?: unknown } | null {
  try {
    const message: unknown = JSON.parse(data.toString());
    return typeof message === 'object' ? message : null;
  } catch {
    return null;
  }
}
