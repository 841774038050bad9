import type { FactName, Facts, FactValue } from './facts.ts';

/** One thing about a device that seldom changes. */
export interface Trait {
  readonly name: string;
  /** Share in a likeness: how much it tells devices apart, and how seldom it changes by itself. */
  readonly weight: number;
  /** Part of the machine rather than of its software. */
  readonly isHardware: boolean;
  /** What browsers made for hiding make up anew for each identity. */
  readonly isSpoofable: boolean;
  /** null: not told, or it is noise. */
  readonly read: (facts: Facts) => string | null;
}

/**
 * What devices are compared by, in the order in which it is stored: new ones go to the end. Drawings and sounds tell most,
 * then fonts, then the graphics card and the screen; the browser's version is left out, as it changes every month.
 */
export const deviceTraits: readonly Trait[] = [
  trait('webgl_renderer', 10, ['page.webgl_renderer'], { isHardware: true, isSpoofable: true }),
  trait('webgl_vendor', 2, ['page.webgl_vendor'], { isHardware: true, isSpoofable: true }),
  trait('webgl_digest', 8, ['page.webgl_digest'], { isSpoofable: true }),
  trait('canvas', 10, ['page.canvas_digest'], { isSpoofable: true, unless: 'page.canvas_stable' }),
  trait('audio', 8, ['page.audio_digest'], { isSpoofable: true, unless: 'page.audio_stable' }),
  trait('math', 3, ['page.math_digest']),
  trait('fonts', 9, ['page.fonts']),
  trait('voices', 4, ['page.voices_digest']),
  trait('cores', 5, ['page.hardware_concurrency'], { isHardware: true, isSpoofable: true }),
  trait('memory', 3, ['page.device_memory_gb'], { isHardware: true, isSpoofable: true }),
  {
    name: 'screen',
    weight: 8,
    isHardware: true,
    isSpoofable: true,
    read(facts) {
      const sides = [facts.get('page.screen_width'), facts.get('page.screen_height')];
      if (sides.some((side) => typeof side !== 'number')) return null;
      // A device that is turned keeps its screen.
      return [...sides.toSorted((a, b) => Number(a) - Number(b)), facts.get('page.pixel_ratio')].join(' ');
    },
  },
  trait('colours', 3, ['page.color_depth', 'page.color_gamut', 'page.hdr']),
  trait('touch', 3, ['page.max_touch_points', 'page.fine_pointer', 'page.hover']),
  trait('platform', 3, ['page.platform'], { isHardware: true }),
  trait('model', 4, ['page.ua_model', 'page.ua_architecture', 'page.ua_bitness']),
  trait('graphics_adapter', 3, ['page.webgpu_adapter'], { isSpoofable: true }),
  trait('time_zone', 5, ['page.time_zone']),
  trait('languages', 5, ['page.languages']),
  trait('keyboard', 2, ['page.keyboard']),
];

/** The values of all traits, in their order. */
export function traitsOf(facts: Facts): (string | null)[] {
  return deviceTraits.map(({ read }) => read(facts));
}

/** The machine itself, as far as a page sees it. null: the page is not told which graphics it has. */
export function hardwareRootOf(facts: Facts): string | null {
  if (typeof facts.get('page.webgl_renderer') !== 'string') return null;
  return deviceTraits
    .filter(({ isHardware }) => isHardware)
    .map(({ name, read }) => `${name} ${read(facts) ?? ''}`)
    .join('\n');
}

/** Fewer tell nobody from anybody. */
const fewestTraits = 8;

/** All that is told, as one text. null: too little is told. */
export function fingerprintOf(facts: Facts): string | null {
  const values = traitsOf(facts);
  if (values.filter((value) => value !== null).length < fewestTraits) return null;
  return deviceTraits.map(({ name }, at) => `${name} ${values[at] ?? ''}`).join('\n');
}

function trait(
  name: string,
  weight: number,
  facts: readonly FactName[],
  options: { isHardware?: boolean; isSpoofable?: boolean; unless?: FactName } = {},
): Trait {
  const { isHardware = false, isSpoofable = false, unless } = options;
  return {
    name,
    weight,
    isHardware,
    isSpoofable,
    read(seen) {
      if (unless !== undefined && seen.get(unless) === false) return null;
      const values = facts.map((fact) => seen.get(fact) ?? null);
      return values.every((value) => value === null) ? null : values.map(textOf).join(' ');
    },
  };
}

function textOf(value: FactValue | null): string {
  return Array.isArray(value) ? value.join(',') : String(value ?? '');
}
