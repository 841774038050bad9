import type { Signal } from '../signal.ts';

/** What a look at the face found, and how the picture came to be. */
export const lookSignals: readonly Signal[] = [];
