import './style/style.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { startConductor } from './conductor.ts';
import { readGiven } from './given.ts';
import { isDesktop, isLoopback } from './handoff/desktop.ts';
import { placeOf } from './place.ts';
import { watchRoom } from './room.ts';
import { moving, offers, outcomes, stage, ways } from './screens/later.ts';
import { createSay } from './texts/catalogue.ts';

const place = placeOf(location.pathname);
const root = document.getElementById('page');
if (place === null || root === null) throw new Error('this page lives at /session/{token}');

watchRoom(document.documentElement);
const { language, texts, given } = readGiven(document);
const say = createSay(texts, language);
const conductor = startConductor(
  {
    path: place.path,
    given,
    here: {
      isDesktop: isDesktop(),
      isLoopback: isLoopback(location.hostname),
      lessMotion: matchMedia('(prefers-reduced-motion: reduce)').matches,
    },
  },
  () => queueMicrotask(show),
);

function show(): void {
  if (place === null || root === null) return;
  render(<App conductor={conductor} path={place.path} say={say} />, root);
}

// Once the first screen is there: what will be needed next, while it is being read.
setTimeout(async () => {
  for (const later of [offers, stage, outcomes, ways, moving]) await later.preload();
}, 300);
