/** One curve of the drawing: points (FMR, FNMR) as shares 0..1, in any order. */
export interface Curve {
  readonly name: string;
  readonly colour: string;
  /** SVG dash pattern; empty for a full line. */
  readonly dashes: string;
  readonly points: readonly { readonly fmr: number; readonly fnmr: number }[];
}

const WIDTH = 720;
const HEIGHT = 480;
const MARGIN = { left: 72, right: 24, top: 48, bottom: 64 };

/**
 * The trade between false non-matches and false matches (ISO/IEC 19795-1) as an SVG, both axes logarithmic: a system is
 * better the further its curve lies to the lower left.
 * @param smallest the lowest rate that the pairs can show (one error in all of them); the axes end there
 */
export function drawCurves(title: string, curves: readonly Curve[], smallest: number): string {
  const decades = Math.max(1, Math.min(7, Math.ceil(-Math.log10(smallest))));
  const plotWidth = WIDTH - MARGIN.left - MARGIN.right;
  const plotHeight = HEIGHT - MARGIN.top - MARGIN.bottom;
  const share = (rate: number) => (Math.log10(Math.max(rate, 10 ** -decades)) + decades) / decades;
  const x = (rate: number) => MARGIN.left + share(rate) * plotWidth;
  const y = (rate: number) => MARGIN.top + (1 - share(rate)) * plotHeight;

  const ticks = Array.from({ length: decades + 1 }, (_, index) => 10 ** (index - decades));
  const grid = ticks.flatMap((rate) => [
    `<path d="M${round(x(rate))} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}" stroke="#d5d9e0"/>`,
    `<path d="M${MARGIN.left} ${round(y(rate))}H${WIDTH - MARGIN.right}" stroke="#d5d9e0"/>`,
    `<text x="${round(x(rate))}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${percent(rate)}</text>`,
    `<text x="${MARGIN.left - 8}" y="${round(y(rate) + 4)}" text-anchor="end">${percent(rate)}</text>`,
  ]);
  const lines = curves.map(({ colour, dashes, points }) => {
    const path = [...points]
      .sort((one, other) => one.fmr - other.fmr || other.fnmr - one.fnmr)
      .map(({ fmr, fnmr }, index) => `${index === 0 ? 'M' : 'L'}${round(x(fmr))} ${round(y(fnmr))}`)
      .join('');
    const dash = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`;
  });
  const legend = curves.flatMap(({ name, colour, dashes }, index) => {
    const top = MARGIN.top + 20 + index * 20;
    const dash = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
    return [
      `<path d="M${WIDTH - 200} ${top}h28" stroke="${colour}" stroke-width="2"${dash}/>`,
      `<text x="${WIDTH - 164}" y="${top + 4}">${escaped(name)}</text>`,
    ];
  });
  const middle = MARGIN.top + plotHeight / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#1d2433">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="26" font-size="15">${escaped(title)}</text>`,
    ...grid,
    ...lines,
    ...legend,
    `<text x="${MARGIN.left + plotWidth / 2}" y="${HEIGHT - 16}" text-anchor="middle">false match rate</text>`,
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">false non-match rate</text>`,
    '</svg>',
    '',
  ].join('\n');
}

function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(1))} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
