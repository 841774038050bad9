/** Fonts that tell systems apart, and some that come with programs. The service knows which is whose. */
const fontNames = [
  ...[
    'Segoe UI',
    'Segoe UI Emoji',
    'Bahnschrift',
    'Ebrima',
    'Gadugi',
    'Leelawadee UI',
    'Marlett',
    'Sitka Text',
  ],
  ...['Calibri', 'Cambria', 'Candara', 'Consolas', 'Corbel', 'Franklin Gothic Medium', 'MS Gothic'],
  ...['Microsoft YaHei', 'Malgun Gothic', 'Helvetica Neue', 'Geneva', 'Skia', 'Apple Color Emoji', 'Menlo'],
  ...['Monaco', 'Lucida Grande', 'Avenir Next', 'Futura', 'Optima', 'PingFang SC', 'Hiragino Sans'],
  ...['Apple SD Gothic Neo', 'American Typewriter', 'DejaVu Sans', 'DejaVu Sans Mono', 'Liberation Sans'],
  ...['Liberation Mono', 'Cantarell', 'Ubuntu', 'Nimbus Sans', 'FreeSans', 'Noto Color Emoji', 'Noto Sans'],
  ...['Lohit Devanagari', 'Roboto', 'Droid Sans Mono', 'Coming Soon', 'Cutive Mono', 'Dancing Script'],
  ...['SamsungOne', 'Arial', 'Arial Black', 'Comic Sans MS', 'Courier New', 'Georgia', 'Impact', 'Tahoma'],
  ...['Times New Roman', 'Trebuchet MS', 'Verdana', 'Garamond', 'Gill Sans'],
] as const;

const probe = 'mmMwWLliI0O&1 ßя字';
const fallbacks = ['monospace', 'serif'] as const;

/** Letters that can be measured, on a page or in a worker. */
interface Ruler {
  font: string;
  measureText(text: string): { readonly width: number };
}

/** Those that are installed: they change how wide letters are. @param breathe waits between some of them */
export async function installedFonts(ruler: Ruler, breathe: () => Promise<void>): Promise<string[]> {
  const widthOf = (family: string) => {
    ruler.font = `40px ${family}`;
    return ruler.measureText(probe).width;
  };
  const plain = fallbacks.map(widthOf);
  const found: string[] = [];
  for (const [at, name] of fontNames.entries()) {
    if (at % 6 === 5) await breathe();
    if (fallbacks.some((fallback, index) => widthOf(`"${name}", ${fallback}`) !== plain[index])) {
      found.push(name);
    }
  }
  return found;
}
