import { hasChromium } from '@selfsame/testing/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSay, type Key } from '../page/src/texts/catalogue.ts';
import { catalogues } from '../page/src/texts/catalogues.ts';
import { type Language, languages } from '../page/src/texts/language.ts';
import { openStates, type States } from './states.ts';

/** What each state says of the picture and of the template: above the button first. */
const said: Readonly<Record<string, readonly Key[]>> = {
  'welcome-check': ['welcome.essence', 'welcome.privacy_title', 'welcome.only_result'],
  'welcome-enrol': ['welcome.essence_enrols', 'welcome.privacy_title', 'welcome.template_kept'],
  'welcome-kept': ['welcome.kept_essence', 'welcome.kept_title', 'welcome.kept_picture'],
  'welcome-kept-enrol': [
    'welcome.kept_essence_enrols',
    'welcome.kept_title',
    'welcome.kept_picture',
    'welcome.kept_template',
  ],
};
const all = [...new Set(Object.values(said).flat())];
/** Machines that check may be very busy. */
const timeoutMs = 120_000;

describe.skipIf(!hasChromium)('what is said of the picture', () => {
  let states: States;
  beforeAll(async () => {
    states = await openStates();
  }, timeoutMs);
  afterAll(() => states?.close());

  it.each(Object.entries(said))(
    'follows whether it is kept, in every language: %s',
    async (state, expected) => {
      const page = await states.browser.newPage();
      for (const lang of languages) {
        await states.show(page, state, { lang });
        const shown = (await page.locator('main').textContent()) ?? '';
        const texts = await textsIn(lang);
        const found = all.filter((key) => shown.includes(texts(key)));
        expect(found, lang).toEqual(all.filter((key) => expected.includes(key)));
      }
      await page.close();
    },
    timeoutMs,
  );
});

async function textsIn(language: Language): Promise<(key: Key) => string> {
  const say = createSay(await catalogues[language](), language);
  return (key) => say(key, { application: 'Northwind' });
}
