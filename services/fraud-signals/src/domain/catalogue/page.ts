import type { Signal } from '../signal.ts';

/** What the script of the hosted page sees. */
export const pageSignals: readonly Signal[] = [];
