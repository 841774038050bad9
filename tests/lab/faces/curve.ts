import type { ErrorRates } from '../statistics.ts';

/** One way of comparing: its error rates at every threshold (a cosine), rising. */
export interface Contender {
  readonly name: string;
  readonly colour: string;
  /** SVG dash pattern; empty for a full line. */
  readonly dashes: string;
  readonly rates: readonly ErrorRates[];
}

type XY = readonly [x: number, y: number];

interface Line extends Pick<Contender, 'name' | 'colour' | 'dashes'> {
  readonly points: readonly XY[];
}

interface Axis {
  readonly label: string;
  readonly ticks: readonly number[];
  /** Where a value lies, 0..1 along the axis. */
  share(value: number): number;
  text(value: number): string;
}

const FMR_COLOURS = ['#d98c7f', '#b3402e'];
const WIDTH = 720;
const PLOT = { left: 72, width: 420, height: 300 };
const PANEL_HEIGHT = PLOT.height + 110;

/**
 * Two drawings in one SVG: false match and false non-match rate over the threshold, and the trade between them (the DET
 * curve of ISO/IEC 19795-1), where a system is better the further it lies to the lower left. A rate of zero cannot be
 * shown on either: lines end where the pairs show no error any more, and pairs without any overlap leave no trade to draw.
 * @param smallest the lowest rate that the pairs can show, one error in all of them: the axes of rates end there
 */
export function drawCurves(title: string, contenders: readonly Contender[], smallest: number): string {
  const rates = rateAxis('error rate', smallest);
  const overThreshold = contenders.flatMap(({ name, colour, dashes, rates: all }, index): Line[] => [
    {
      name: `FNMR, ${name}`,
      colour,
      dashes,
      points: all.filter(({ fnmr }) => fnmr > 0).map(({ threshold, fnmr }) => [threshold, fnmr] as const),
    },
    {
      name: `FMR, ${name}`,
      colour: FMR_COLOURS[index % FMR_COLOURS.length] ?? '',
      dashes,
      points: all.filter(({ fmr }) => fmr > 0).map(({ threshold, fmr }) => [threshold, fmr] as const),
    },
  ]);
  const trade = contenders.map(
    ({ name, colour, dashes, rates: all }): Line => ({
      name,
      colour,
      dashes,
      points: all
        .filter(({ fmr, fnmr }) => fmr > 0 && fnmr > 0)
        .map(({ fmr, fnmr }) => [fmr, fnmr] as const)
        .toReversed(),
    }),
  );
  const height = 2 * PANEL_HEIGHT + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#1d2433">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="26" font-size="15">${escaped(title)}</text>`,
    ...panel(48, thresholdAxis, rates, overThreshold),
    ...panel(
      48 + PANEL_HEIGHT,
      rateAxis('false match rate', smallest),
      { ...rates, label: 'false non-match rate' },
      trade,
    ),
    '</svg>',
    '',
  ].join('\n');
}

const thresholdAxis: Axis = {
  label: 'threshold (cosine)',
  ticks: [-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1],
  share: (cosine) => Math.min(1, Math.max(0, (cosine + 0.2) / 1.2)),
  text: String,
};

function rateAxis(label: string, smallest: number): Axis {
  const decades = Math.max(1, Math.min(7, Math.ceil(-Math.log10(smallest))));
  return {
    label,
    ticks: Array.from({ length: decades + 1 }, (_, index) => 10 ** (index - decades)),
    share: (rate) => (Math.log10(Math.max(rate, 10 ** -decades)) + decades) / decades,
    text: (rate) => `${Number((rate * 100).toPrecision(1))} %`,
  };
}

function panel(top: number, across: Axis, up: Axis, lines: readonly Line[]): string[] {
  const bottom = top + PLOT.height;
  const right = PLOT.left + PLOT.width;
  const x = (value: number) => round(PLOT.left + across.share(value) * PLOT.width);
  const y = (value: number) => round(bottom - up.share(value) * PLOT.height);
  return [
    ...across.ticks.flatMap((tick) => [
      `<path d="M${x(tick)} ${top}V${bottom}" stroke="#d5d9e0"/>`,
      `<text x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${across.text(tick)}</text>`,
    ]),
    ...up.ticks.flatMap((tick) => [
      `<path d="M${PLOT.left} ${y(tick)}H${right}" stroke="#d5d9e0"/>`,
      `<text x="${PLOT.left - 8}" y="${y(tick) + 4}" text-anchor="end">${up.text(tick)}</text>`,
    ]),
    ...lines.map(({ points, ...look }) => {
      const path = points.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${x(a)} ${y(b)}`).join('');
      return `<path d="${path}" fill="none" ${stroke(look)}/>`;
    }),
    ...lines.flatMap(({ name, ...look }, index) => [
      `<path d="M${right + 20} ${top + 12 + index * 22}h28" ${stroke(look)}/>`,
      `<text x="${right + 56}" y="${top + 16 + index * 22}">${escaped(name)}</text>`,
    ]),
    `<text x="${PLOT.left + PLOT.width / 2}" y="${bottom + 44}" text-anchor="middle">${across.label}</text>`,
    `<text transform="translate(20 ${top + PLOT.height / 2}) rotate(-90)" text-anchor="middle">${up.label}</text>`,
  ];
}

function stroke({ colour, dashes }: Pick<Line, 'colour' | 'dashes'>): string {
  return `stroke="${colour}" stroke-width="2"${dashes === '' ? '' : ` stroke-dasharray="${dashes}"`}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
