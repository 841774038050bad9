/**
 * From where on a signal speaks for an attack. Measured on the 36 colour portraits, 24 tight grey crops, 44 frames of
 * genuine videos and 11 presentations of the sample faces, and on versions of them that were compressed, moved, enlarged
 * or drawn over. Beside each stands what genuine pictures reach and what the other kind reaches.
 */
export const THRESHOLDS = {
  /** Unevenness of coefficient levels. Compressed once: up to 0.12; 70 then 90: 0.59 to 0.81; 85 then 90: 0.43 to 0.58. */
  doubleCompression: 0.25,
  /** A second block grid. Compressed once, or twice in place: up to 0.04; moved by 3 and 5 pixels, then PNG: median 0.25. */
  foreignGrid: 0.045,
  /** Lines of an interpolation. As they are: median 2.8, frames of videos up to 5.1; enlarged 1.3 times: median 4.8, up to 15. */
  resampling: 5.5,
  /** Power of the sharpest peak over its surroundings. Skin, hair, cloth: up to 15. */
  moire: 22,
  /** Correlation of strips that are no neighbours. Scenes: up to 0.46; bands of 20 % of the light: median 0.6; of 40 %: 0.8. */
  bands: 0.55,
  /** Sides with a long straight border. Selfies (150 simulated), videos: at most 2; portraits: 1 of 36 has 3; screens and prints: half of them 3 and more. */
  borders: 3,
  /** Mean step round the face. Selfies and portraits: up to 23.5; faces of paper, worn: 22.1 to 25, nine of ten above. */
  contour: 23.6,
  /** Share of the frame that black bars take. Cameras before a black wall: up to 0.08; videos of another shape: 0.39 and more. */
  letterbox: 0.2,
  /** Bright, colourless share of the face. Portraits in colour: up to 0.24. */
  specular: 0.35,
  /** Grey levels. Genuine frames and portraits: 0.22 and more; smoothed: below 0.16. */
  noiseMin: 0.2,
  /** Distance from grey. Portraits: up to 0.15. */
  colourCast: 0.2,
  /** Luma around and under the eyes over that of the cheeks. Bare eyes and clear glasses: 0.59 and more; dark glasses: 0.07 to 0.57. */
  eyesBrightnessMin: 0.58,
  /** Steps around the mouth over the luma of the skin. Mouths, beards too: 0.08 and more; masks of five colours: up to 0.07. */
  mouthDetailMin: 0.065,
  /** Tint of the lower face against the upper. Skin, make-up: up to 0.053; a blue mask: median 0.076. */
  lowerTint: 0.075,
  /** Below it fine detail is gone and nothing can be said of the mouth. Good pictures: 0.12 and more; blurred: 0.015, blown up: 0.047. */
  sharpnessMin: 0.08,
  /** Mean luma 0..255 below which nothing can be said of eyes and mouth. */
  brightnessMin: 25,
} as const;
