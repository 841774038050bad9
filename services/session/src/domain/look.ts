import { contrast, longHex, luminance, mix, readableOn } from './colour.ts';

/** The colours of the contract's customization. */
export const colorNames = [
  'color_primary',
  'color_secondary',
  'color_background',
  'color_panel',
  'color_panel_10',
  'color_on_panel_1',
  'color_on_panel_2',
  'color_on_background',
  'color_button_1',
  'color_button_2',
  'color_button_text_1',
  'color_button_text_2',
  'color_pill_text',
] as const;
export type ColorName = (typeof colorNames)[number];

/** Every colour that the page draws, as `#rrggbb`. */
export type Look = Readonly<Record<ColorName, string>>;
type SomeColors = Partial<Look>;

/**
 * The page's own two looks, as its style has them. They are drawn for applications that have set no colour, and their
 * warning colour is drawn on every panel.
 */
export const ownLooks = {
  light: {
    color_primary: '#0a6c5d',
    color_secondary: '#0a6c5d',
    color_background: '#f5f4f0',
    color_panel: '#ffffff',
    color_panel_10: '#e2f1ed',
    color_on_panel_1: '#15201d',
    color_on_panel_2: '#55625e',
    color_on_background: '#55625e',
    color_button_1: '#0a6c5d',
    color_button_2: '#ffffff',
    color_button_text_1: '#ffffff',
    color_button_text_2: '#0a6c5d',
    color_pill_text: '#0a6c5d',
    warning: '#8a4f00',
  },
  dark: {
    color_primary: '#56ccb2',
    color_secondary: '#56ccb2',
    color_background: '#0c1110',
    color_panel: '#141b19',
    color_panel_10: '#16302a',
    color_on_panel_1: '#edf3f0',
    color_on_panel_2: '#a2b0ab',
    color_on_background: '#a2b0ab',
    color_button_1: '#56ccb2',
    color_button_2: '#141b19',
    color_button_text_1: '#04211a',
    color_button_text_2: '#56ccb2',
    color_pill_text: '#56ccb2',
    warning: '#f2bd6b',
  },
} as const satisfies Record<'light' | 'dark', Look & { warning: string }>;

/** WCAG 2.2: 1.4.3 for text, 1.4.11 for what has to be seen to use the page. */
const needed = { text: 4.5, part: 3 } as const;

/** Black text reads better than white from here on. */
const lightFrom = 0.179;
const schemeOf = (colour: string) => (luminance(colour) > lightFrom ? 'light' : 'dark');

/**
 * The look that follows from the colours that an application has set: one look for light and dark systems alike, since no
 * colour can be read on both a white and a black panel. What is not set comes from the own look that fits the panel, or from
 * the colour that it goes with.
 * @returns null when no colour is set: the page then has its own looks, a light and a dark one
 */
export function lookOf(settings: SomeColors): Look | null {
  if (!colorNames.some((name) => settings[name] !== undefined)) return null;
  const set = (name: ColorName) => (settings[name] === undefined ? undefined : longHex(settings[name]));
  const own = ownLooks[schemeOf(set('color_panel') ?? ownLooks.light.color_panel)];
  const primary = set('color_primary') ?? own.color_primary;
  const panel = set('color_panel') ?? own.color_panel;
  const background = set('color_background') ?? own.color_background;
  const onPanel = set('color_on_panel_1') ?? own.color_on_panel_1;
  const button = set('color_button_1') ?? primary;
  const otherButton = set('color_button_2');
  const soft = set('color_panel_10') ?? mix(panel, primary, 0.1);
  return {
    color_primary: primary,
    color_secondary: set('color_secondary') ?? primary,
    color_background: background,
    color_panel: panel,
    color_panel_10: soft,
    color_on_panel_1: onPanel,
    color_on_panel_2: set('color_on_panel_2') ?? own.color_on_panel_2,
    color_on_background: set('color_on_background') ?? ownLooks[schemeOf(background)].color_on_panel_2,
    color_button_1: button,
    color_button_2: otherButton ?? panel,
    color_button_text_1: set('color_button_text_1') ?? readableOn(button),
    color_button_text_2: set('color_button_text_2') ?? (otherButton ? readableOn(otherButton) : primary),
    color_pill_text:
      set('color_pill_text') ?? (contrast(onPanel, soft) < needed.text ? readableOn(soft) : onPanel),
  };
}

/** What the page draws upon what; `warning` is its own. */
const pairs: readonly {
  readonly front: ColorName | 'warning';
  readonly back: ColorName;
  readonly as: keyof typeof needed;
}[] = [
  { front: 'color_on_panel_1', back: 'color_panel', as: 'text' },
  { front: 'color_on_panel_2', back: 'color_panel', as: 'text' },
  { front: 'color_primary', back: 'color_panel', as: 'text' },
  { front: 'color_secondary', back: 'color_panel', as: 'text' },
  { front: 'color_on_background', back: 'color_background', as: 'text' },
  { front: 'color_button_text_1', back: 'color_button_1', as: 'text' },
  { front: 'color_button_text_2', back: 'color_button_2', as: 'text' },
  { front: 'color_pill_text', back: 'color_panel_10', as: 'text' },
  { front: 'color_primary', back: 'color_panel_10', as: 'part' },
  { front: 'color_button_1', back: 'color_panel', as: 'part' },
  { front: 'warning', back: 'color_panel', as: 'part' },
];

/** A pair that cannot be read, and its ratio, rounded down to two decimals. */
export interface PoorPair {
  readonly front: ColorName | 'warning';
  readonly back: ColorName;
  readonly frontColour: string;
  readonly backColour: string;
  readonly ratio: number;
  readonly needed: number;
}

/** The pairs of a look that lack contrast. Two names of the same two colours are told once. */
export function poorPairs(look: Look): PoorPair[] {
  const { warning } = ownLooks[schemeOf(look.color_panel)];
  const drawn = { ...look, warning };
  const told = new Set<string>();
  return pairs.flatMap(({ front, back, as }) => {
    const [frontColour, backColour] = [drawn[front], drawn[back]];
    const exact = contrast(frontColour, backColour);
    const colours = `${frontColour} ${backColour}`;
    if (exact >= needed[as] || told.has(colours)) return [];
    told.add(colours);
    const ratio = Math.floor(exact * 100) / 100;
    return [{ front, back, frontColour, backColour, ratio, needed: needed[as] }];
  });
}

/**
 * What is wrong with the contrast of a look, by field: its pair, the ratio it has and the ratio it needs.
 * @param touched the fields of the change; one without a colour is not held up by colours that were accepted before
 */
export function contrastMistakes(settings: SomeColors, touched: readonly string[]): Record<string, string[]> {
  const look = lookOf(settings);
  if (look === null || !colorNames.some((name) => touched.includes(name))) return {};
  const mistakes: Record<string, string[]> = {};
  for (const pair of poorPairs(look)) {
    const field = [pair.front, pair.back].find((name) => touched.includes(name)) ?? pair.back;
    mistakes[field] = [...(mistakes[field] ?? []), sentenceOf(pair, settings)];
  }
  return mistakes;
}

function sentenceOf(pair: PoorPair, settings: SomeColors): string {
  const told = (name: ColorName | 'warning', colour: string) => {
    if (name === 'warning') return `the page's warning colour (${colour})`;
    return `${name} (${settings[name] === undefined ? `not set, so ${colour}` : colour})`;
  };
  const [front, back] = [told(pair.front, pair.frontColour), told(pair.back, pair.backColour)];
  return `The contrast of ${front} on ${back} is ${pair.ratio.toFixed(2)}:1, and it needs at least ${pair.needed}:1.`;
}
