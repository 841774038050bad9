import type { Signal } from '../signal.ts';
import { historyDeviceSignals } from './history-device.ts';
import { historyNetworkSignals } from './history-network.ts';
import { historyUserSignals } from './history-user.ts';

/** What is known of subject, device and network from before. */
export const historySignals: readonly Signal[] = [
  ...historyUserSignals,
  ...historyDeviceSignals,
  ...historyNetworkSignals,
];
