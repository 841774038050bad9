const deadlines = new WeakMap<AbortSignal, Date>();

/**
 * Notes when the caller who may abort `signal` will stop waiting. The deadline rides on the signal, which goes to
 * wherever the work is done, so that work which cannot be ready in time need not begin.
 * @returns the same signal
 */
export function withDeadline(signal: AbortSignal, deadline: Date): AbortSignal {
  deadlines.set(signal, deadline);
  return signal;
}

/** Until when the caller behind `signal` waits; undefined when nobody has said. */
export function deadlineOf(signal: AbortSignal): Date | undefined {
  return deadlines.get(signal);
}
