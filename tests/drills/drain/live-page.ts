import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'undici';

/** A page whose live channel stays open, and which connects again whenever it breaks. */
export interface LivePage {
  readonly breaks: number;
  /** Connections that did not come about; each a sentence. */
  readonly failures: readonly string[];
  /** The page has its channel now. */
  readonly isUp: boolean;
  close(): Promise<void>;
}

/** @param sessionUrl of a session that takes pictures */
export function openLivePage(sessionUrl: string): LivePage {
  const page = new URL(sessionUrl);
  const token = page.pathname.split('/').filter(Boolean).at(-1);
  const url = `ws://${page.host}/session/${token}/live?visit=${randomUUID()}`;
  const failures: string[] = [];
  const stopping = new AbortController();
  let breaks = 0;
  let isUp = false;
  let socket: WebSocket | undefined;

  /** Resolves when it is over. */
  const hold = () =>
    new Promise<void>((resolve) => {
      let wasUp = false;
      socket = new WebSocket(url, { headers: { origin: page.origin } });
      socket.addEventListener('open', () => {
        wasUp = true;
        isUp = true;
      });
      // What was the matter is told by the close.
      socket.addEventListener('error', () => undefined);
      socket.addEventListener('close', ({ code }) => {
        isUp = false;
        if (wasUp) breaks += 1;
        else if (!stopping.signal.aborted) failures.push(`live channel: not opened (${code})`);
        resolve();
      });
    });
  const life = async () => {
    while (!stopping.signal.aborted) {
      await hold();
      await pause(500, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const living = life();

  return {
    get breaks() {
      return breaks;
    },
    get isUp() {
      return isUp;
    },
    failures,
    async close() {
      stopping.abort();
      socket?.close();
      await living;
    },
  };
}
