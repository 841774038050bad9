import type { Signal } from '../signal.ts';
import { httpAgentSignals } from './http-agent.ts';
import { httpHintSignals } from './http-hints.ts';
import { httpLanguageSignals } from './http-language.ts';
import { httpOriginSignals } from './http-origin.ts';
import { httpWireSignals } from './http-wire.ts';

/** What the requests of the page look like. */
export const httpSignals: readonly Signal[] = [
  ...httpAgentSignals,
  ...httpHintSignals,
  ...httpLanguageSignals,
  ...httpOriginSignals,
  ...httpWireSignals,
];
