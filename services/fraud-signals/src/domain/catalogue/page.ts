import type { Signal } from '../signal.ts';
import { pageAutomationSignals } from './page-automation.ts';
import { pageBehaviourSignals } from './page-behaviour.ts';
import { pageBrowserSignals } from './page-browser.ts';
import { pageConsistencySignals } from './page-consistency.ts';
import { pageHardwareSignals } from './page-hardware.ts';
import { pageIdentitySignals } from './page-identity.ts';
import { pageRenderingSignals } from './page-rendering.ts';
import { pageTamperingSignals } from './page-tampering.ts';

/** What the script of the hosted page sees. */
export const pageSignals: readonly Signal[] = [
  ...pageBrowserSignals,
  ...pageHardwareSignals,
  ...pageRenderingSignals,
  ...pageIdentitySignals,
  ...pageTamperingSignals,
  ...pageAutomationSignals,
  ...pageBehaviourSignals,
  ...pageConsistencySignals,
];
