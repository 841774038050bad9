/** What processes tell each other about traces that are worth keeping. Best effort: who does not hear of one lets it go. */
export interface KeptTraces {
  /** Tells the others, soon. */
  tell(traceId: string): void;
  close(): void;
}

/** Told together, and no more than this at a time: 4 KB. */
const maxTold = 256;
const tellWithinMs = 100;

type Send = (traceIds: Uint8Array) => void;
const senders = new Set<Send>();
const samplings = new Set<{ heard(traceId: string): void; flush(): void }>();

/** @param heard called for each trace that another process keeps */
export function openKeptTraces(heard: (traceId: string) => void): KeptTraces {
  const untold = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (untold.size === 0) return;
    const traceIds = Buffer.from([...untold].join(''), 'hex');
    untold.clear();
    for (const send of senders) send(traceIds);
  }

  const sampling = { heard, flush };
  samplings.add(sampling);
  return {
    tell(traceId) {
      untold.add(traceId);
      if (untold.size >= maxTold) flush();
      else timer ??= setTimeout(flush, tellWithinMs).unref();
    },
    close() {
      flush();
      samplings.delete(sampling);
    },
  };
}

/**
 * Connects this process with the others.
 * @param send takes 16 bytes for each trace, and must not throw
 * @returns what takes the same from others, and how to end it, which sends what is left
 */
export function connectKeptTraces(send: Send): { receive: Send; close(): void } {
  senders.add(send);
  return {
    receive(traceIds) {
      // Not one of ours, or not whole.
      if (traceIds.length % 16 !== 0 || traceIds.length > maxTold * 16) return;
      const hex = Buffer.from(traceIds).toString('hex');
      for (let at = 0; at < hex.length; at += 32) {
        for (const { heard } of samplings) heard(hex.slice(at, at + 32));
      }
    },
    close() {
      for (const { flush } of samplings) flush();
      senders.delete(send);
    },
  };
}
