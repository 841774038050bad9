import { render } from 'preact';
import { App } from './app.tsx';
import { startConductor } from './conductor.ts';
import { placeOf } from './place.ts';
import { directionOf, loadTexts, nearestLanguage } from './texts/language.ts';
import type { Texts } from './texts/texts.ts';

const place = placeOf(location.pathname);
const root = document.getElementById('page');
if (place === null || root === null) throw new Error('this page lives at /session/{token}');

let language = '';
let texts: Promise<Texts>;
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
  void texts.then((words) => render(<App conductor={conductor} path={place.path} texts={words} />, root));
}

async function speak(wanted: string): Promise<Texts> {
  const loaded = await loadTexts(wanted);
  document.documentElement.lang = loaded.language;
  document.documentElement.dir = directionOf(loaded.language);
  document.title = loaded.texts.pageTitle;
  return loaded.texts;
}
