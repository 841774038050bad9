import { describe, expect, it } from 'vitest';
import { contrast, longHex, mix, readableOn } from './colour.ts';
import { colorNames, contrastMistakes, lookOf, ownLooks, poorPairs } from './look.ts';

const names = [...colorNames];

describe('contrast', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#0000ff', '#ffffff', 8.59],
    ['#abcdef', '#abcdef', 1],
  ])('%s on %s is %d:1, whichever is in front', (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 2);
    expect(contrast(other, one)).toBeCloseTo(ratio, 2);
  });

  it('black or white can be read on any colour', () => {
    for (let grey = 0; grey < 256; grey += 1) {
      const colour = `#${grey.toString(16).padStart(2, '0').repeat(3)}`;
      expect(contrast(colour, readableOn(colour))).toBeGreaterThanOrEqual(4.58);
    }
  });

  it('colours are read in both spellings and mixed by channel', () => {
    expect([longHex('#AbC'), longHex('#0A6C5D')]).toEqual(['#aabbcc', '#0a6c5d']);
    expect([mix('#000000', '#ffffff', 0.1), mix('#ffffff', '#0a6c5d', 0)]).toEqual(['#1a1a1a', '#ffffff']);
  });
});

it.each(['light', 'dark'] as const)('what the page draws by itself can be read: %s', (scheme) => {
  expect(poorPairs(ownLooks[scheme])).toEqual([]);
});

it('who sets no colour has the own looks of the page, and nothing is checked', () => {
  expect(lookOf({})).toBeNull();
  expect(contrastMistakes({}, ['color_primary'])).toEqual({});
});

describe('one colour makes a look', () => {
  it('what goes with it follows, the rest is as the page has it', () => {
    expect(lookOf({ color_primary: '#5B21B6' })).toEqual({
      ...Object.fromEntries(names.map((name) => [name, ownLooks.light[name]])),
      color_primary: '#5b21b6',
      color_secondary: '#5b21b6',
      color_panel_10: '#efe9f8',
      color_button_1: '#5b21b6',
      color_button_text_1: '#ffffff',
      color_button_text_2: '#5b21b6',
      color_pill_text: ownLooks.light.color_on_panel_1,
    });
    expect(contrastMistakes({ color_primary: '#5B21B6' }, names)).toEqual({});
  });

  it('a dark panel brings the dark set with it', () => {
    const look = lookOf({ color_panel: '#101018', color_primary: '#7dd3fc' });
    expect(look).toMatchObject({
      color_background: ownLooks.dark.color_background,
      color_on_panel_1: ownLooks.dark.color_on_panel_1,
      color_button_2: '#101018',
      color_button_text_1: '#000000',
    });
    expect(contrastMistakes({ color_panel: '#101018', color_primary: '#7dd3fc' }, names)).toEqual({});
  });

  it('a light panel may stand before a dark background', () => {
    const settings = { color_background: '#111' };
    expect(lookOf(settings)).toMatchObject({
      color_panel: '#ffffff',
      color_on_background: ownLooks.dark.color_on_panel_2,
    });
    expect(contrastMistakes(settings, names)).toEqual({});
  });
});

describe('a mistake names the pair, the ratio it has and the one it needs', () => {
  it('a text; the ratio is rounded down, so what is not enough never looks like it', () => {
    expect(contrastMistakes({ color_on_panel_1: '#777' }, ['color_on_panel_1'])).toEqual({
      color_on_panel_1: [
        'The contrast of color_on_panel_1 (#777777) on color_panel (not set, so #ffffff) is 4.47:1, and it needs at least 4.5:1.',
      ],
    });
  });

  it('a part of the page needs less than a text', () => {
    const settings = { color_button_1: '#0e9f8a', color_button_text_1: '#000' };
    expect(contrastMistakes(settings, names)).toEqual({});
    expect(contrastMistakes({ ...settings, color_button_1: '#7fe0d0' }, names)).toEqual({
      color_button_1: [expect.stringMatching(/color_button_1 .* on color_panel .* is 1\.\d\d:1, .* 3:1/)],
    });
  });

  it('the warnings of the page must be seen on the panel, too', () => {
    const settings = { color_panel: '#a8a8a8', color_on_panel_1: '#000', color_on_panel_2: '#000' };
    expect(contrastMistakes({ ...settings, color_primary: '#000' }, ['color_panel'])).toEqual({
      color_panel: [expect.stringContaining("the page's warning colour (#8a4f00) on color_panel (#a8a8a8)")],
    });
  });

  it('it is told of the colour that was changed, each pair of colours once', () => {
    const before = { color_panel: '#ffffff', color_primary: '#0a6c5d' };
    expect(Object.keys(contrastMistakes({ ...before, color_primary: '#ffd400' }, ['color_primary']))).toEqual(
      ['color_primary'],
    );
    const both = contrastMistakes({ ...before, color_panel: '#0a6c5d' }, ['color_panel']);
    expect(Object.keys(both)).toEqual(['color_panel']);
  });

  it('a change without a colour is not held up by colours that are there', () => {
    expect(contrastMistakes({ color_primary: '#ffd400' }, ['app_public_name'])).toEqual({});
  });
});
