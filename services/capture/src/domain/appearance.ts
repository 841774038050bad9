import { fontStacks } from './font-stacks.ts';

/** What the session service says of an application's look; every part is checked again here before it becomes style. */
export interface Appearance {
  /** Every colour that the page draws as `#rrggbb`, by its name in the contract; empty: the page's own looks. */
  readonly colors: Readonly<Record<string, string>>;
  /** Pixels. */
  readonly borderRadiusPanel?: number | undefined;
  readonly borderRadiusButtons?: number | undefined;
  /** A name of `fontStacks`; empty: the page's own, or the font at `fontUrl`. */
  readonly fontFamily: string;
  readonly fontWeight: string;
  /** Path of a stored font; empty: none. */
  readonly fontUrl: string;
}

/** Which colour of the contract each custom property of the style shows. */
const shown = {
  '--paper': 'color_background',
  '--sheet': 'color_panel',
  '--ink': 'color_on_panel_1',
  '--muted': 'color_on_panel_2',
  '--accent': 'color_primary',
  '--accent-strong': 'color_primary',
  '--accent-soft': 'color_panel_10',
  '--secondary': 'color_secondary',
  '--button': 'color_button_1',
  '--on-button': 'color_button_text_1',
  '--button-2': 'color_button_2',
  '--button-2-strong': 'color_button_2',
  '--on-button-2': 'color_button_text_2',
  '--on-pill': 'color_pill_text',
  '--on-paper': 'color_on_background',
  // A soft surface of the panel would be a stain on the background.
  '--glow': 'color_background',
} as const;

/** What no application sets, in the set that fits its panel: as base.css has them. */
const fixed = {
  light: {
    '--warn': '#8a4f00',
    '--warn-soft': '#fcf0dc',
    '--bad': '#a62f27',
    '--bad-soft': '#fbe8e5',
    '--shadow': '0 1px 2px rgb(21 32 29 / 5%), 0 24px 64px -16px rgb(21 32 29 / 16%)',
    'color-scheme': 'light',
  },
  dark: {
    '--warn': '#f2bd6b',
    '--warn-soft': '#33260f',
    '--bad': '#ff9c92',
    '--bad-soft': '#391a17',
    '--shadow': '0 0 0 1px #202a27, 0 24px 64px -16px rgb(0 0 0 / 60%)',
    'color-scheme': 'dark',
  },
} as const;

const brandFont = 'brand';

/**
 * An application's look as style for the page: custom properties, and its font. It holds nothing but colours, numbers and
 * names that this file knows, so it is safe between `<style>` tags whatever comes in; what does not read is left out.
 * @returns '' when there is nothing to change
 */
export function appearanceCss(appearance: Appearance | undefined): string {
  if (appearance === undefined) return '';
  const font = fontFace(appearance.fontUrl);
  const everywhere = rule(':root:root', {
    ...pixels('--radius-panel', appearance.borderRadiusPanel),
    ...pixels('--radius-button', appearance.borderRadiusButtons),
    ...fontFamily(appearance.fontFamily, font !== ''),
    ...(/^([1-9]00|normal|bold)$/.test(appearance.fontWeight)
      ? { '--font-weight': appearance.fontWeight }
      : {}),
  });
  return font + everywhere + colourRule(appearance.colors);
}

/**
 * One look for light and dark systems alike, hence the weight of the selector. The page as a lamp has to be bright: a dark
 * look gives way to the page's own light one.
 */
function colourRule(colors: Appearance['colors']): string {
  const values = Object.entries(shown).map(([property, name]) => [property, colors[name]] as const);
  if (!values.every(([, colour]) => colour !== undefined && /^#[0-9a-f]{6}$/i.test(colour))) return '';
  const { color_panel: panel = '', color_on_panel_1: ink = '', color_primary: accent = '' } = colors;
  const { color_button_1: button = '' } = colors;
  const scheme = isLight(panel) ? 'light' : 'dark';
  return rule(scheme === 'light' ? ':root:root:root' : ':root:root:not([data-lamp])', {
    ...(Object.fromEntries(values) as Record<string, string>),
    // A sixth of the text's colour, see-through.
    '--line': `${ink}29`,
    '--on-accent': isLight(accent) ? '#000000' : '#ffffff',
    '--button-strong': awayFrom(colors.color_button_text_1 ?? '', button),
    ...fixed[scheme],
  });
}

function rule(selector: string, declarations: Readonly<Record<string, string>>): string {
  const text = Object.entries(declarations).map(([property, value]) => `${property}:${value}`);
  return text.length === 0 ? '' : `${selector}{${text.join(';')}}`;
}

function pixels(property: string, value: number | undefined): Record<string, string> {
  return Number.isInteger(value) && value !== undefined && value >= 0 && value <= 40
    ? { [property]: `${value}px` }
    : {};
}

function fontFace(url: string): string {
  if (!/^\/brand-assets\/[0-9a-f]{64}\.woff2$/.test(url)) return '';
  return `@font-face{font-family:"${brandFont}";src:url("${url}") format("woff2");font-display:swap}`;
}

function fontFamily(name: string, hasFile: boolean): Record<string, string> {
  if (hasFile) return { '--font': `"${brandFont}",${fontStacks['system-ui']}` };
  return Object.hasOwn(fontStacks, name) ? { '--font': fontStacks[name as keyof typeof fontStacks] } : {};
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** Relative luminance of WCAG 2.2, 0 to 1. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black reads better on it than white. */
function isLight(colour: string): boolean {
  return luminance(colour) > 0.179;
}

/** A surface, an eighth of the way on to where its text contrasts more: hovering never makes a text harder to read. */
function awayFrom(text: string, surface: string): string {
  const end = luminance(text) > luminance(surface) ? 0 : 255;
  const moved = channels(surface).map((channel) => Math.round(channel + (end - channel) / 8));
  return `#${moved.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
