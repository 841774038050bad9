import { startSignals } from '../page/src/signals/signals.ts';

/** A page that looks at its browser as the hosted page does, and says to the server that served it what it found. */
const signals = startSignals({ isHandedOver: false });
const { facts = {} } = await signals.visit('', 'open', 20_000);
await fetch(`/facts${location.search}`, { method: 'POST', body: JSON.stringify(facts) });
document.title = 'told';
