/**
 * Fonts that the hosted page can be set in without a file: families that devices have, each with others to fall back on.
 * The page has the stacks under the same names.
 */
export const knownFonts = [
  'system-ui',
  'Arial',
  'Helvetica',
  'Verdana',
  'Tahoma',
  'Trebuchet MS',
  'Segoe UI',
  'Roboto',
  'Georgia',
  'Times New Roman',
  'Courier New',
  'sans-serif',
  'serif',
  'monospace',
] as const;

/** Whether the page has a stack of this name. */
export function isKnownFont(name: string): boolean {
  return (knownFonts as readonly string[]).includes(name);
}

/** Whether a text can be the name of a font at all. */
export function isFontName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9 _-]{0,63}$/.test(text);
}
