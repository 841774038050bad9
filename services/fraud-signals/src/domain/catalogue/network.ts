import type { Signal } from '../signal.ts';

/** What databases and lists say of the client's address. */
export const networkSignals: readonly Signal[] = [];
