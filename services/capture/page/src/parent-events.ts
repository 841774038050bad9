/** What an embedding page is told. The names are the public contract's; nothing in them is secret. */
export type OutgoingEvent =
  | { readonly type: 'ready' | 'started' | 'cancelled' | 'close_request' }
  | { readonly type: 'step_started' | 'verification_submitted'; readonly step: 'face' }
  | { readonly type: 'step_completed'; readonly step: 'face'; readonly nextStep: null }
  | { readonly type: 'media_started'; readonly step: 'face'; readonly mediaType: 'video' }
  | { readonly type: 'media_captured'; readonly step: 'face'; readonly isAuto: boolean }
  | { readonly type: 'status_updated'; readonly status: string; readonly previousStep: 'face' }
  | { readonly type: 'completed'; readonly status: string }
  | { readonly type: 'error'; readonly error: string; readonly step?: 'face' };

/** The envelope as it crosses to the parent; `timestamp` in milliseconds since 1970. */
interface Envelope {
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly timestamp: number;
}

/** Wraps an event. The session id is left out while the page does not know it yet. */
function envelope(event: OutgoingEvent, sessionId: string | undefined, timestamp: number): Envelope {
  const { type, ...data } = event;
  return {
    type: `didit:${type}`,
    data: sessionId === undefined ? data : { ...data, sessionId },
    timestamp,
  };
}

/** Whether the page is shown inside another one. */
export function isEmbedded(): boolean {
  return window.parent !== window;
}

/** Tells the embedding page, whoever it is: the data hold no secret. Does nothing at top level. */
export function tellParent(event: OutgoingEvent, sessionId: string | undefined): void {
  if (isEmbedded()) window.parent.postMessage(envelope(event, sessionId, Date.now()), '*');
}
