import { render } from 'preact';
import { App } from './app.tsx';
import { startConductor } from './conductor.ts';
import { placeOf } from './place.ts';
import { createSay, type Say } from './texts/catalogue.ts';
import { catalogues } from './texts/catalogues.ts';
import { en } from './texts/en.ts';
import { directionOf, type Language, nearestLanguage } from './texts/language.ts';

const place = placeOf(location.pathname);
const root = document.getElementById('page');
if (place === null || root === null) throw new Error('this page lives at /session/{token}');

let language = '';
let texts: Promise<Say>;
const conductor = startConductor(place.path, () => queueMicrotask(show));

/** Draws the state in the language of the link, of the session or of the browser, in this order. */
function show(): void {
  if (place === null || root === null) return;
  const { state } = conductor;
  const preferred = 'session' in state ? (state.session?.language ?? '') : '';
  const wanted = nearestLanguage([place.language, preferred, ...navigator.languages]);
  if (wanted !== language) {
    language = wanted;
    texts = speak(wanted);
  }
  void texts.then((say) => render(<App conductor={conductor} path={place.path} say={say} />, root));
}

async function speak(wanted: Language): Promise<Say> {
  const loaded = await catalogues[wanted]().then(
    (catalogue) => ({ catalogue, language: wanted }),
    () => ({ catalogue: en, language: 'en' }),
  );
  document.documentElement.lang = loaded.language;
  document.documentElement.dir = directionOf(loaded.language);
  const say = createSay(loaded.catalogue, loaded.language);
  document.title = say('page_title');
  return say;
}
