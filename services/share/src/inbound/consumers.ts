import type { Context } from '../context.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function subscribeAll(_context: Context): Promise<void> {}
