/** When the visit is looked at. */
export const clockFacts = {
  /** Milliseconds since 1970. */
  'clock.now_ms': 'number',
} as const;
