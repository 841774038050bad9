import type { Signal } from '../signal.ts';
import { signal } from '../signal.ts';
import { found, measured, suspected } from './look-traces.ts';

const media = { category: 'capture_media' } as const;
const quality = { category: 'capture_quality' } as const;
const injection = { category: 'injection' } as const;

/** Told by their place by whoever reads the first bytes. */
const formats = ['unknown', 'jpeg', 'png', 'webp', 'tiff'];

/** How far the shapes of two pictures may differ as a share: whole pixels of a small one round so much. */
const shapeTolerance = 0.02;

/** What the picture tells of its encoder, its way and its light. */
export const mediaSignals: readonly Signal[] = [
  signal({
    ...media,
    id: 'media_format',
    type: 'enum',
    source: 'camera',
    description: 'Container by the first bytes: jpeg, png, webp, tiff, unknown',
    risk: 'Pages send JPEG; scanners and programs send the others',
    sensitivity: 'none',
    weight: 10,
    version: 1,
    reads: ['look.media_format', 'look.raised'],
    extract: (format) => (format === null ? null : (formats[format] ?? 'unknown')),
    raises: (_value, _format, raised) => raised?.includes('media_format') === true,
  }),
  measured('media_width_px', {
    ...media,
    description: 'Width of the upright picture in pixels',
    risk: 'Sizes that the page does not send',
  }),
  measured('media_height_px', {
    ...media,
    description: 'Height of the upright picture in pixels',
    risk: 'Sizes that the page does not send',
  }),
  signal({
    ...media,
    id: 'media_dimensions_expected',
    type: 'bool',
    source: 'camera',
    description: 'The picture has the shape of the camera’s frames, either way round',
    risk: 'When it has not, another picture than the camera’s was sent',
    sensitivity: 'none',
    weight: 20,
    version: 1,
    reads: [
      'look.media_width_px',
      'look.media_height_px',
      'look.cam_frame_width_px',
      'look.cam_frame_height_px',
    ],
    extract: (width, height, frameWidth, frameHeight) => {
      const [picture, frame] = [shapeOf(width, height), shapeOf(frameWidth, frameHeight)];
      if (picture === null || frame === null) return null;
      return Math.abs(picture / frame - 1) <= shapeTolerance;
    },
    raises: (isExpected) => !isExpected,
  }),
  measured('media_bytes_per_pixel', {
    ...media,
    description: 'Size of the file in bytes over its pixels',
    risk: 'Far from what the page’s encoder leaves: an upload from elsewhere',
  }),
  measured('media_jpeg_quality', {
    ...media,
    description: 'Quality 1 to 100 by which common encoders would have written the luminance table',
    risk: 'Another one than the page asks for: an upload from elsewhere',
  }),
  signal({
    ...injection,
    id: 'media_jpeg_quant_table_hash',
    type: 'hash',
    source: 'camera',
    description: 'Name of the quantisation tables, which tell encoders apart',
    risk: 'Tables that no browser writes',
    sensitivity: 'pseudonymous',
    weight: 8,
    version: 1,
    reads: ['look.media_jpeg_quant_table_hash', 'look.raised'],
    extract: (hash) => (hash === null ? null : (hash >>> 0).toString(16).padStart(8, '0')),
    raises: (_value, _hash, raised) => raised?.includes('media_jpeg_quant_table_hash') === true,
  }),
  found('media_exif_present', {
    ...injection,
    description: 'The file carries notes of a camera or a person, which a page’s encoder writes never',
    risk: 'A photo from a file',
    weight: 10,
  }),
  found('media_exif_software', {
    ...injection,
    description: 'A program that edits or encodes pictures has signed the file',
    risk: 'A picture that was edited, made or played from a file',
    weight: 10,
  }),
  found('media_c2pa_manifest_present', {
    ...injection,
    description: 'The file carries a manifest of provenance or the mark of a generator',
    risk: 'A picture that was generated or edited',
    weight: 25,
  }),
  found('media_virtual_camera_mark', {
    ...injection,
    description: 'A program that poses as a camera has signed the file',
    risk: 'A picture that is fed instead of taken',
    weight: 45,
  }),
  found('media_double_jpeg', {
    ...injection,
    description: 'The picture was compressed twice',
    risk: 'A photo that was saved again; USB cameras that deliver JPEG do it as well',
  }),
  suspected('media_resampling_trace', {
    ...injection,
    description: 'Strength of the lines that enlarging leaves in the spectrum',
    risk: 'A picture that was scaled up before it was sent',
    weight: 6,
  }),
  suspected('media_foreign_block_grid', {
    ...injection,
    description: 'Strength of a second grid of compression blocks beside the picture’s own',
    risk: 'A picture that was cut or pasted after it was compressed',
    weight: 8,
  }),
  suspected('media_noise_level', {
    ...quality,
    description: 'Noise of the sensor in grey levels',
    risk: 'A picture that was smoothed or generated has too little',
    weight: 8,
  }),
  suspected('media_letterbox', {
    ...injection,
    description: 'Share of the picture that black bars take',
    risk: 'A video of another shape, played through a program',
    weight: 25,
  }),
  suspected('media_refresh_bands', {
    category: 'pad',
    description: 'Correlation of bright and dark bands across the picture',
    risk: 'A screen before the camera',
    weight: 15,
  }),
  suspected('media_frame_hash_repeat', {
    ...injection,
    description: 'How many frames of a challenge are the same as an earlier one',
    risk: 'A still picture or a loop; a slow camera gives one twice now and then',
    weight: 25,
  }),
  found('media_noise_static', {
    ...injection,
    description: 'The grain of all frames of a challenge is the same',
    risk: 'One still picture that is sent as a video',
    weight: 30,
  }),
  measured('media_brightness', {
    ...quality,
    description: 'Mean light of the face, 0 to 1',
    risk: 'Too dark or too bright to decide',
  }),
  measured('media_contrast', {
    ...quality,
    description: 'Spread of light over the face, 0 to 1',
    risk: 'A washed-out picture',
  }),
  measured('media_overexposed_ratio', {
    ...quality,
    description: 'Share of the face’s pixels that are clipped',
    risk: 'Glare, screens, light from behind',
  }),
  measured('media_sharpness', {
    ...quality,
    description: 'Share of fine detail in the face brought to one size',
    risk: 'Blur hides the traces of an attack',
  }),
  measured('media_motion_blur_direction', {
    ...quality,
    description: 'Which edges of the face stand out, from -1 level to 1 upright',
    risk: 'A print or a device that moves while the picture is taken',
  }),
  measured('media_saturation', {
    ...quality,
    description: 'Colour of the face, 0 grey to 1',
    risk: 'A copy without colour, or light of one colour only',
  }),
  suspected('media_colour_cast', {
    ...quality,
    description: 'Distance of the face’s mean colour from grey',
    risk: 'Light of a screen, or ink',
    weight: 10,
  }),
  measured('media_background_brightness', {
    ...quality,
    description: 'Mean light beside and above the head, 0 to 1',
    risk: 'Light from behind, or a picture without a room around it',
  }),
  measured('media_background_contrast', {
    ...quality,
    description: 'Spread of light beside and above the head, 0 to 1',
    risk: 'A painted or cut-out background has none',
  }),
];

/** Longer over shorter side. */
function shapeOf(width: number | null, height: number | null): number | null {
  if (width === null || height === null) return null;
  const shorter = Math.min(width, height);
  return shorter > 0 ? Math.max(width, height) / shorter : null;
}
