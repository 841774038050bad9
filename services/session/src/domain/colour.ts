/** A colour of sRGB: red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** Whether a text is a colour as `#RRGGBB` or `#RGB`. */
export function isColour(text: string): boolean {
  return /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text);
}

/** `#rrggbb` of a colour that `isColour` has accepted. */
export function longHex(text: string): string {
  const digits = text.slice(1).toLowerCase();
  return digits.length === 3 ? `#${[...digits].map((digit) => digit + digit).join('')}` : `#${digits}`;
}

/** Reads a colour that `isColour` has accepted. */
function readColour(text: string): Colour {
  const value = Number.parseInt(longHex(text).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `#rrggbb` of the colour between two others; `share` 0 is all of the first, 1 all of the second. */
export function mix(first: string, second: string, share: number): string {
  const to = readColour(second);
  const mixed = readColour(first).map((from, index) =>
    Math.round(from + ((to[index] ?? from) - from) * share),
  );
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** Relative luminance, 0 (black) to 1 (white): WCAG 2.2. */
export function luminance(colour: string): number {
  const [red, green, blue] = readColour(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio of two colours, 1 to 21: WCAG 2.2. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever can be read on a colour; one of them has a contrast of 4.58 or more. */
export function readableOn(colour: string): '#000000' | '#ffffff' {
  return contrast(colour, '#ffffff') >= contrast(colour, '#000000') ? '#ffffff' : '#000000';
}
