import { describe, expect, it } from 'vitest';
import { type Appearance, appearanceCss } from './appearance.ts';
import { fontStacks } from './font-stacks.ts';

const colors = {
  color_primary: '#5b21b6',
  color_secondary: '#5b21b6',
  color_background: '#f3f0fa',
  color_panel: '#ffffff',
  color_panel_10: '#efe9f8',
  color_on_panel_1: '#1c1230',
  color_on_panel_2: '#55506a',
  color_on_background: '#55506a',
  color_button_1: '#5b21b6',
  color_button_2: '#ffffff',
  color_button_text_1: '#ffffff',
  color_button_text_2: '#5b21b6',
  color_pill_text: '#1c1230',
};
const plain: Appearance = { colors: {}, fontFamily: '', fontWeight: '', fontUrl: '' };
const font = `/brand-assets/${'a1'.repeat(32)}.woff2`;

it('nothing set is no style', () => {
  expect(appearanceCss(undefined)).toBe('');
  expect(appearanceCss(plain)).toBe('');
});

describe('colours', () => {
  it('each reaches its property, in light and dark systems and as a lamp alike', () => {
    const css = appearanceCss({ ...plain, colors });
    expect(css).toMatch(/^:root:root:root\{[^{}]+\}$/);
    for (const declaration of [
      '--paper:#f3f0fa',
      '--sheet:#ffffff',
      '--ink:#1c1230',
      '--accent:#5b21b6',
      '--accent-soft:#efe9f8',
      '--on-button:#ffffff',
      '--on-pill:#1c1230',
      '--line:#1c123029',
      '--warn:#8a4f00',
      'color-scheme:light',
    ]) {
      expect(css).toContain(declaration);
    }
  });

  it('a dark panel brings the dark set with it, and gives way where the page is a lamp', () => {
    const dark = { ...colors, color_panel: '#101018', color_on_panel_1: '#eeeeff' };
    const css = appearanceCss({ ...plain, colors: dark });
    expect(css).toMatch(/^:root:root:not\(\[data-lamp\]\)\{/);
    expect(css).toContain('--warn:#f2bd6b');
    expect(css).toContain('color-scheme:dark');
  });

  it('hovering takes a button away from the colour of its text', () => {
    expect(appearanceCss({ ...plain, colors })).toContain('--button-strong:#501d9f');
    const light = { ...colors, color_button_1: '#ffcc00', color_button_text_1: '#000000' };
    expect(appearanceCss({ ...plain, colors: light })).toContain('--button-strong:#ffd220');
  });

  it('one that is missing or odd leaves the page its own look', () => {
    const { color_panel: _, ...some } = colors;
    expect(appearanceCss({ ...plain, colors: some })).toBe('');
    expect(appearanceCss({ ...plain, colors: { ...colors, color_panel: 'red' } })).toBe('');
  });
});

it('radii and fonts', () => {
  const css = appearanceCss({
    ...plain,
    borderRadiusPanel: 0,
    borderRadiusButtons: 40,
    fontFamily: 'Georgia',
    fontWeight: '500',
  });
  expect(css).toBe(
    `:root:root{--radius-panel:0px;--radius-button:40px;--font:${fontStacks.Georgia};--font-weight:500}`,
  );
  expect(appearanceCss({ ...plain, fontUrl: font })).toBe(
    `@font-face{font-family:"brand";src:url("${font}") format("woff2");font-display:swap}` +
      `:root:root{--font:"brand",${fontStacks['system-ui']}}`,
  );
});

it('no text gets out of its place, whatever it holds', () => {
  const hostile = [
    '</style><script>alert(1)</script>',
    '#fff;}body{background:url(//evil)}',
    '#aabbcc}@import "//evil";',
    'red',
    'url(javascript:1)',
    '"; } :root{--ink:red}',
    '__proto__',
    'constructor',
    '\u0000#aabbcc',
    '#aabbcc\n',
    `${font}")}`,
    `https://evil.example${font}`,
    '/brand-assets/../session/x.woff2',
  ];
  for (const text of hostile) {
    const css = appearanceCss({
      colors: Object.fromEntries(Object.keys(colors).map((name) => [name, text])),
      fontFamily: text,
      fontWeight: text,
      fontUrl: text,
      borderRadiusPanel: Number.NaN,
      borderRadiusButtons: 4.5,
    });
    expect(css, text).toBe('');
  }
});
