import { digestOf } from './digest.ts';
import { type Found, orNull, type Part } from './part.ts';

const matches = (query: string) => matchMedia(query).matches;
const number = (value: number | undefined) => value ?? null;

/** The screen, the window on it, and what points at them. */
export const screenPart: Part = {
  patienceMs: 100,
  read(): Found {
    const { width, height, availWidth, availHeight, colorDepth } = screen;
    const orientation = orNull(() => screen.orientation);
    return {
      screen_width: number(width),
      screen_height: number(height),
      screen_avail_width: number(availWidth),
      screen_avail_height: number(availHeight),
      color_depth: number(colorDepth),
      pixel_ratio: number(devicePixelRatio),
      orientation: orientation === null ? null : `${orientation.type} ${orientation.angle}`,
      color_gamut: ['rec2020', 'p3', 'srgb'].find((gamut) => matches(`(color-gamut: ${gamut})`)) ?? null,
      hdr: matches('(dynamic-range: high)'),
      outer_width: number(outerWidth),
      outer_height: number(outerHeight),
      inner_width: number(innerWidth),
      inner_height: number(innerHeight),
      fine_pointer: matches('(any-pointer: fine)'),
      hover: matches('(any-hover: hover)'),
      preferences_digest: digestOf(preferences.filter((query) => matches(`(${query})`)).join()),
    };
  },
};

/** What people set for their eyes. Only a digest of all together leaves the page. */
const preferences = [
  ...['prefers-contrast: more', 'prefers-contrast: less', 'prefers-contrast: custom'],
  ...['forced-colors: active', 'inverted-colors: inverted', 'prefers-reduced-motion: reduce'],
  ...['prefers-reduced-transparency: reduce', 'prefers-reduced-data: reduce'],
];
