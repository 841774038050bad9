import type { Signal } from '../signal.ts';

/** What is known of subject, device and network from before. */
export const historySignals: readonly Signal[] = [];
