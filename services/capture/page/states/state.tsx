import '../src/style/style.css';
import { render } from 'preact';
import { App } from '../src/app.tsx';
import { watchRoom } from '../src/room.ts';
import { createSay } from '../src/texts/catalogue.ts';
import { catalogues } from '../src/texts/catalogues.ts';
import { directionOf, nearestLanguage } from '../src/texts/language.ts';
import { standStill } from './actor.ts';
import type { Fixture } from './fixture-parts.ts';
import { fixtures } from './fixtures.ts';

/** One state of the page as its users see it: `/__states/{name}?lang=&theme=light|dark&text=200`. */
const name = location.pathname.split('/').pop() ?? '';
const query = new URLSearchParams(location.search);
const fixture = fixtures[name];
const root = document.getElementById('page');

if (fixture !== undefined && root !== null) {
  const language = nearestLanguage([query.get('lang') ?? '', ...navigator.languages]);
  const say = createSay(await catalogues[language](), language);
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  document.documentElement.style.fontSize = `${Number(query.get('text')) || 100}%`;
  watchRoom(document.documentElement);
  const theme = query.get('theme');
  if (theme !== null) {
    // Styles that come later bring their own conditions.
    const look = () => dress(theme === 'dark');
    new MutationObserver(look).observe(document.head, { childList: true });
    look();
    document.head.addEventListener('load', look, true);
  }
  document.title = `${name} · ${say('page_title')}`;
  pretend(fixture);
  const conductor = standStill(fixture);
  render(<App conductor={conductor} path="/session/state" say={say} />, root);
} else {
  document.body.textContent = `There is no state "${name}".`;
}

/** What the state is shown in: a window of its own wherever it is, unless it is about another page or no network. */
function pretend({ isFramed = false, isOffline = false, brand }: Fixture): void {
  Object.defineProperty(window, 'parent', { value: isFramed ? { postMessage: () => undefined } : window });
  if (isOffline) Object.defineProperty(navigator, 'onLine', { value: false });
  if (brand === undefined) return;
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
