import type { Signal } from '../signal.ts';

/** Whether the visit is on a list of the application. */
export const listsSignals: readonly Signal[] = [];
