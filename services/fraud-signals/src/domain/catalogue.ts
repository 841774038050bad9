import { createHash } from 'node:crypto';
import { historySignals } from './catalogue/history.ts';
import { httpSignals } from './catalogue/http.ts';
import { listsSignals } from './catalogue/lists.ts';
import { lookSignals } from './catalogue/look.ts';
import { networkSignals } from './catalogue/network.ts';
import { openingSignals } from './catalogue/opening.ts';
import { pageSignals } from './catalogue/page.ts';
import { sessionSignals } from './catalogue/session.ts';
import { tlsSignals } from './catalogue/tls.ts';
import type { Signal } from './signal.ts';

/** Every signal, in the order of the reference page. */
export const catalogue: readonly Signal[] = [
  ...networkSignals,
  ...httpSignals,
  ...tlsSignals,
  ...pageSignals,
  ...lookSignals,
  ...historySignals,
  ...listsSignals,
  ...sessionSignals,
  ...openingSignals,
];

/** Finds a signal by its id. */
export const signalById: ReadonlyMap<string, Signal> = new Map(
  catalogue.map((signal) => [signal.id, signal]),
);

/** Names the signals, their versions and their weights: the same name gives the same score for the same facts. */
export const catalogueVersion: string = createHash('sha256')
  .update(catalogue.map(({ id, version, weight }) => `${id} ${version} ${weight}`).join('\n'))
  .digest('hex')
  .slice(0, 12);
