import '../src/style/style.css';
import { render } from 'preact';
import '../consent/consent.css';
import { ConsentPage } from '../consent/consent-page.tsx';
import { consentCatalogue } from '../consent/texts/catalogues.ts';
import { App } from '../src/app.tsx';
import { watchRoom } from '../src/room.ts';
import { createSay } from '../src/texts/catalogue.ts';
import { catalogues } from '../src/texts/catalogues.ts';
import { directionOf, type Language, nearestLanguage } from '../src/texts/language.ts';
import { standStill } from './actor.ts';
import { standStill as standStillConsent } from './consent-fixtures.ts';
import type { Fixture } from './fixture-parts.ts';
import { fixtures } from './fixtures.ts';

/**
 * One state of the page as its users see it: `/__states/{name}?lang=&theme=light|dark&text=200`. `popstate` shows the
 * state of another address without loading the page again; `data-shown` tells which one is there.
 */
const root = document.getElementById('page');
const html = document.documentElement;
let theme: string | null = null;
// Styles that come later bring their own conditions.
const look = () => theme !== null && dress(theme === 'dark');
new MutationObserver(look).observe(document.head, { childList: true });
document.head.addEventListener('load', look, true);
watchRoom(html);
addEventListener('popstate', () => void show());
await show();

async function show(): Promise<void> {
  const address = location.pathname + location.search;
  const name = location.pathname.split('/').pop() ?? '';
  const query = new URLSearchParams(location.search);
  const fixture = fixtures[name];
  if (fixture === undefined || root === null) {
    document.body.textContent = `There is no state "${name}".`;
    return;
  }
  render(null, root);
  const language = nearestLanguage([query.get('lang') ?? '', ...navigator.languages]);
  const page = await draw(fixture, language);
  html.lang = language;
  html.dir = directionOf(language);
  html.style.fontSize = `${Number(query.get('text')) || 100}%`;
  // How much room there is depends on the letters.
  dispatchEvent(new Event('resize'));
  theme = query.get('theme');
  look();
  document.title = `${name} · ${page.title}`;
  pretend(fixture);
  render(page.drawn(), root);
  html.dataset.shown = address;
}

/** The page that the state is one of. */
async function draw(fixture: Fixture, language: Language) {
  if ('consent' in fixture) {
    const say = createSay(await consentCatalogue(language), language);
    const conductor = standStillConsent(fixture, language);
    return { title: say('page_title'), drawn: () => <ConsentPage conductor={conductor} say={say} /> };
  }
  const say = createSay(await catalogues[language](), language);
  const conductor = standStill(fixture);
  return {
    title: say('page_title'),
    drawn: () => <App conductor={conductor} path="/session/state" say={say} />,
  };
}

/** What the state is shown in: a window of its own wherever it is, unless it is about another page or no network. */
function pretend({ isFramed = false, isOffline = false, brand = '' }: Fixture): void {
  const parent = isFramed ? { postMessage: () => undefined } : window;
  Object.defineProperty(window, 'parent', { value: parent, configurable: true });
  Object.defineProperty(navigator, 'onLine', { value: !isOffline, configurable: true });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:root:root:root { ${brand} }`);
  document.adoptedStyleSheets = [sheet];
}

/** Styles ask the system for its look; here the reader says which one it is. */
function dress(isDark: boolean): void {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSMediaRule)) continue;
      if (rule.conditionText.includes('prefers-color-scheme: dark')) {
        // Always or never, and still to be known as this rule when it is met again.
        rule.media.mediaText = `(prefers-color-scheme: dark)${isDark ? ', all' : ' and (max-width: 0)'}`;
      } else if (rule.conditionText.includes('prefers-color-scheme: light')) {
        rule.media.mediaText = isDark ? 'not all' : 'all';
      }
    }
  }
}
