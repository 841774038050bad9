/** An upload that can go on after its connection broke. */
export interface OpenUpload {
  /** Names the session; never its token. */
  readonly session: string;
  readonly attemptId: string;
  /** Whose memory it counts as. */
  readonly client: string;
  /** Length of the whole body in bytes. */
  readonly length: number;
  /** SHA-256 of the whole body, base64. */
  readonly digest: string;
  readonly contentType: string;
  /** When the first byte of the first delivery arrived. */
  readonly begunAt: Date;
  /** What has come so far, up to `offset`; behind it is room for more. */
  bytes: Buffer;
  offset: number;
  /** Ends the delivery that is bringing bytes; null while none is. */
  cut: (() => void) | null;
}

/** Uploads that are coming in, and those whose connection broke. */
export interface KeptUploads {
  /** A delivery has begun. Takes the place of an earlier upload of the same attempt. */
  begin(upload: OpenUpload): void;
  /** Its connection is over: what has come rests for a while. */
  rest(upload: OpenUpload): void;
  /** The upload of this attempt, its delivery cut if one is still coming in: what has come does not change any more. */
  interrupt(asked: Pick<OpenUpload, 'session' | 'attemptId'>): OpenUpload | undefined;
  /** Complete, or not wanted any more. */
  drop(upload: OpenUpload): void;
  /** Drops all. */
  clear(): void;
}

/** A page that was cut off is back within seconds, or begins anew. */
const keptMs = 30_000;
/** One delivery, and another device that has gone on with the session. */
const perSession = 2;
const uploadsMax = 1_000;

interface Entry {
  readonly upload: OpenUpload;
  readonly untilMs: number;
}

/**
 * At rest are at most `maxBytes` in all, a quarter of them of one client, and two uploads of one session; the longest at
 * rest goes first. Losing one costs its page the time to send it again. Those that are coming in are bounded by their slots.
 * @param now milliseconds, rising
 */
export function createKeptUploads(
  maxBytes: number,
  now: () => number = () => performance.now(),
): KeptUploads {
  /** The longest untouched first. */
  const entries = new Map<string, Entry>();
  const sweep = setInterval(dropOverdue, keptMs / 6).unref();

  function dropOverdue(): void {
    for (const { upload, untilMs } of entries.values()) {
      if (upload.cut === null && untilMs <= now()) drop(upload);
    }
  }

  function drop(upload: OpenUpload): void {
    if (isKept(upload)) entries.delete(keyOf(upload));
  }

  function put(upload: OpenUpload): void {
    entries.delete(keyOf(upload));
    entries.set(keyOf(upload), { upload, untilMs: now() + keptMs });
  }

  const isKept = (upload: OpenUpload) => entries.get(keyOf(upload))?.upload === upload;

  function bound(most: { count: number; bytes: number }, counts: (upload: OpenUpload) => boolean): void {
    const resting = [...entries.values()].map(({ upload }) => upload).filter(({ cut }) => cut === null);
    let { count, bytes } = most;
    // The newest are let in until there is no room.
    for (const upload of resting.filter(counts).reverse()) {
      count -= 1;
      bytes -= upload.bytes.length;
      if (count < 0 || bytes < 0) drop(upload);
    }
  }

  function rest(upload: OpenUpload): void {
    upload.cut = null;
    if (!isKept(upload)) return;
    put(upload);
    bound({ count: perSession, bytes: maxBytes }, ({ session }) => session === upload.session);
    bound({ count: uploadsMax, bytes: maxBytes / 4 }, ({ client }) => client === upload.client);
    bound({ count: uploadsMax, bytes: maxBytes }, () => true);
  }

  return {
    begin: put,
    rest,
    interrupt(asked) {
      dropOverdue();
      const upload = entries.get(keyOf(asked))?.upload;
      if (upload?.cut) {
        upload.cut();
        rest(upload);
      }
      return upload;
    },
    drop,
    clear() {
      clearInterval(sweep);
      entries.clear();
    },
  };
}

function keyOf({ session, attemptId }: Pick<OpenUpload, 'session' | 'attemptId'>): string {
  return `${session}/${attemptId}`;
}
