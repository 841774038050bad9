/** What texts inside a picture's metadata betray. The texts themselves go nowhere. */
export interface Marks {
  readonly editor: boolean;
  readonly virtualCamera: boolean;
  readonly provenance: boolean;
}

export const NO_MARKS: Marks = { editor: false, virtualCamera: false, provenance: false };

/** Programs that change or make pictures, as they sign in comments, XMP and software tags. Written in lower case. */
const EDITOR =
  /photoshop|lightroom|adobe |gimp|snapseed|faceapp|facetune|facetune2|remini|picsart|meitu|beautycam|canva|pixelmator|affinity|paint\.net|imagemagick|graphicsmagick|deepfacelab|faceswap|lavc\d|lavf\d|ffmpeg|screenshot|gd-jpeg/;

/** Programs that pose as a camera. */
const VIRTUAL_CAMERA =
  /\bobs[- ](?:studio|virtual)|obs-studio|manycam|snap camera|splitcam|xsplit|v4l2loopback|droidcam|iriun|camo studio|youcam|webcamoid|e2esoft|vcam|unity video capture|deepfacelive|akvirtualcamera/;

/** A manifest of provenance (C2PA in its JUMBF box) or the marks that generators leave. */
const PROVENANCE =
  /c2pa|contentauth|trainedalgorithmicmedia|compositewithtrainedalgorithmicmedia|midjourney|stable[ _-]?diffusion|dall[-·]?e|openai|firefly|comfyui|negative prompt|"?sampler"?: /;

/** Of one piece of metadata are read at most so many bytes: marks stand at the front. */
const BYTES_MAX = 16 * 1024;

/** Looks for known names in a piece of metadata. */
export function readMarks(bytes: Uint8Array): Marks {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, BYTES_MAX))
    .toString('latin1')
    .replaceAll('\0', '')
    .toLowerCase();
  return {
    editor: EDITOR.test(text),
    virtualCamera: VIRTUAL_CAMERA.test(text),
    provenance: PROVENANCE.test(text),
  };
}

/** What either tells. */
export function bothMarks(one: Marks, other: Marks): Marks {
  return {
    editor: one.editor || other.editor,
    virtualCamera: one.virtualCamera || other.virtualCamera,
    provenance: one.provenance || other.provenance,
  };
}
