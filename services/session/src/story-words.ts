import type { Caller } from './outbound/story-store.ts';

/** Who made a call, as far as the audit log tells. */
export function callerWords(callers: readonly Caller[]): string {
  if (callers.length === 0) return 'a call that the audit log does not name';
  const names = callers.map(({ actor_type, actor, key_created_at: made }) =>
    actor_type === 'API_KEY'
      ? `API key ${actor}${made ? ` (made ${made.toISOString().slice(0, 10)})` : ''}`
      : `operator ${actor}`,
  );
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(', ')}`;
}

/** Enough of an id to tell it from its neighbours: the end of a UUIDv7 is what differs. */
export function shortId(id: string): string {
  return `…${id.slice(-6)}`;
}
