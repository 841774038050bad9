import type { Signal } from '../signal.ts';

/** What the client offered when it connected. */
export const tlsSignals: readonly Signal[] = [];
