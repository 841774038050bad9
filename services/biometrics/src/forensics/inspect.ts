import type { Landmarks } from '../pipeline/landmarks.ts';
import type { Box, Picture } from '../pipeline/picture.ts';
import { alignFace } from './aligned-face.ts';
import { measureBackground } from './background.ts';
import { refreshBands } from './bands.ts';
import { sumBends } from './bends.ts';
import { foreignGrid } from './blocks.ts';
import { countBorders } from './borders.ts';
import { type Container, readContainer } from './container.ts';
import { contourStep } from './contour.ts';
import { letterbox } from './letterbox.ts';
import { moireEnergy } from './moire.ts';
import { findCovers, measureOcclusion } from './occlusion.ts';
import { type Overview, takeOverview } from './overview.ts';
import { cutPatch, type Patch } from './patch.ts';
import { doubleCompression } from './recompression.ts';
import { resamplingTrace } from './resampling.ts';
import { measureSurface, noiseLevel } from './surface.ts';
import { THRESHOLDS } from './thresholds.ts';

/** One measured trace under its name in the signal catalogue. */
export interface MediaFact {
  readonly name: string;
  /** In the signal's own unit; a finding that is there or not is 1 or 0. */
  readonly value: number;
  /** Whether the value speaks for an attack. Quality alone never does. */
  readonly raised: boolean;
}

/** Every signal that could be computed, raised or not. */
export type MediaFacts = readonly MediaFact[];

/** A picture with the size it had before it was reduced; as large as it is when that is not said. */
export type InspectedPicture = Picture & {
  readonly source?: { readonly width: number; readonly height: number };
};

/** A face in a picture. */
export interface InspectedFace {
  readonly box: Box;
  readonly landmarks: Pick<Landmarks, 'points' | 'mesh'>;
}

/**
 * What a picture tells of how it came to be: from its bytes, from traces of compression and scaling in its pixels, and
 * from what surrounds and covers the face. Takes 0.9 ms for a frame of 640x480 (median). Never throws on any bytes.
 */
export function inspectMedia(
  bytes: Uint8Array,
  picture: InspectedPicture,
  subject: InspectedFace | undefined,
): MediaFacts {
  const container = readContainer(bytes);
  const whole: Box = { left: 0, top: 0, width: picture.width, height: picture.height };
  const patch = cutPatch(picture, subject?.box ?? whole);
  const overview = takeOverview(picture);
  return [
    ...containerFacts(container),
    ...sizeFacts(bytes, container, picture),
    ...compressionFacts(container, picture, patch),
    fact('media_noise_level', noiseLevel(patch), (value) => value < THRESHOLDS.noiseMin),
    fact('media_letterbox', letterbox(picture), (value) => value > THRESHOLDS.letterbox),
    fact('media_refresh_bands', refreshBands(overview), (value) => value > THRESHOLDS.bands),
    ...(subject === undefined ? [] : faceFacts(picture, subject, patch, overview)),
  ];
}

/** Formats as numbers, for a signal's value. */
const FORMATS: Record<Container['format'], number> = { unknown: 0, jpeg: 1, png: 2, webp: 3, tiff: 4 };

function containerFacts({ format, tags, marks, jpeg }: Container): MediaFact[] {
  return [
    // A page sends JPEG; scanners and programs send the others.
    fact('media_format', FORMATS[format], () => format === 'tiff' || format === 'unknown'),
    found('media_exif_present', tags?.personal || tags?.makerNote),
    found('media_exif_software', tags?.software || marks.editor),
    found('media_c2pa_manifest_present', tags?.provenance || marks.provenance),
    found('media_virtual_camera_mark', marks.virtualCamera),
    ...(jpeg
      ? [
          // Apple's encoder has tables of its own: only what no browser writes is foreign.
          fact(
            'media_jpeg_quant_table_hash',
            jpeg.tableHash,
            () => jpeg.tableFamily === 'mozjpeg' || jpeg.adobe || jpeg.progressive,
          ),
        ]
      : []),
  ];
}

/** How large the picture is, and how much was left of it by its encoder. */
function sizeFacts(bytes: Uint8Array, { jpeg }: Container, picture: InspectedPicture): MediaFact[] {
  const { width, height } = picture.source ?? picture;
  return [
    fact('media_width_px', width),
    fact('media_height_px', height),
    fact('media_bytes_per_pixel', bytes.length / Math.max(1, width * height)),
    // On libjpeg's scale; encoders with tables of their own are on none.
    ...(jpeg && jpeg.quality > 0 ? [fact('media_jpeg_quality', jpeg.quality)] : []),
  ];
}

/** Traces that only pixels as they were stored can carry: a picture that was turned or reduced has lost them. */
function compressionFacts(
  { jpeg, format, tags }: Container,
  picture: InspectedPicture,
  patch: Patch,
): MediaFact[] {
  const { width, height } = picture.source ?? picture;
  const turned = (tags?.orientation ?? 1) !== 1 || (jpeg && (jpeg.width !== width || jpeg.height !== height));
  if (turned || width !== picture.width || height !== picture.height) return [];
  const facts: MediaFact[] = [];
  const uneven = jpeg?.lumaTable && doubleCompression(picture, jpeg.lumaTable);
  if (uneven !== undefined) {
    // Never raised: most USB cameras deliver JPEG, so that every frame of theirs is compressed twice.
    facts.push({
      name: 'media_double_jpeg',
      value: Number(uneven > THRESHOLDS.doubleCompression),
      raised: false,
    });
  }
  const bends = sumBends(patch);
  if (bends === undefined) return facts;
  facts.push(
    fact('media_resampling_trace', resamplingTrace(bends), (value) => value > THRESHOLDS.resampling),
  );
  // WebP predicts from blocks of its own.
  if (format === 'webp') return facts;
  const known = jpeg && { x: (8 - (patch.left & 7)) & 7, y: (8 - (patch.top & 7)) & 7 };
  facts.push(
    fact('media_foreign_block_grid', foreignGrid(bends, known), (value) => value > THRESHOLDS.foreignGrid),
  );
  return facts;
}

function faceFacts(
  picture: Picture,
  { box, landmarks }: InspectedFace,
  patch: Patch,
  overview: Overview,
): MediaFact[] {
  const aligned = alignFace(picture, landmarks.points);
  const surface = measureSurface(aligned);
  const occlusion = measureOcclusion(aligned);
  const moire = moireEnergy(patch);
  const covers = findCovers(occlusion, surface);
  const eyes = covers.mouth ? occlusion.eyesToForehead : occlusion.eyesBrightness;
  return [
    ...(moire === undefined ? [] : [fact('face_moire_energy', moire, (value) => value > THRESHOLDS.moire)]),
    fact('face_screen_edge_detected', countBorders(overview, box), (value) => value >= THRESHOLDS.borders),
    fact(
      'face_swap_boundary_score',
      contourStep(picture, landmarks.mesh),
      (value) => value > THRESHOLDS.contour,
    ),
    fact('face_specular_pattern', surface.specular, (value) => value > THRESHOLDS.specular),
    fact('media_brightness', surface.brightness / 255),
    fact('media_contrast', surface.contrast / 255),
    fact('media_overexposed_ratio', surface.overexposed),
    fact('media_sharpness', surface.sharpness),
    fact('media_motion_blur_direction', surface.edgeDirection),
    fact('media_saturation', surface.saturation),
    fact('face_side_light', surface.sideLight),
    ...backgroundFacts(overview, box),
    fact('media_colour_cast', surface.colourCast, (value) => value > THRESHOLDS.colourCast),
    // The smaller, the more is covered; no attack by themselves, but what the gates go by.
    fact('face_glasses_dark', eyes, () => covers.eyes),
    fact('face_occlusion_lower', occlusion.mouthDetail, () => covers.mouth),
    fact('face_lower_tint', occlusion.lowerTint),
  ];
}

function backgroundFacts(overview: Overview, box: Box): MediaFact[] {
  const background = measureBackground(overview, box);
  if (background === undefined) return [];
  return [
    fact('media_background_brightness', background.brightness / 255),
    fact('media_background_contrast', background.contrast / 255),
  ];
}

/** Values are told to four decimals: more is noise, and would tell pictures apart. Hashes are whole numbers. */
function fact(name: string, value: number, raised: (value: number) => boolean = () => false): MediaFact {
  return { name, value: Math.round(value * 10_000) / 10_000, raised: raised(value) };
}

function found(name: string, there: boolean | undefined): MediaFact {
  return { name, value: there ? 1 : 0, raised: there ?? false };
}
