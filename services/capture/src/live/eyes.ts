import type { Context } from '../context.ts';
import type { GuidanceAnswer } from '../wire.ts';

/** Looks at thumbnails, no more at once than guidance may take from verification. */
export interface Eyes {
  /** What a thumbnail shows; null when nobody looks now. Nothing of it is kept. */
  see(thumbnail: Buffer): Promise<GuidanceAnswer | null>;
}

/** Later than this, the face has moved on. */
const deadlineMs = 1_000;

/** @param max thumbnails looked at together, over all pages of this replica */
export function createEyes({ neighbours }: Pick<Context, 'neighbours'>, max: number): Eyes {
  let looking = 0;
  return {
    async see(thumbnail) {
      if (looking >= max) return null;
      looking += 1;
      try {
        const seen = await neighbours.biometrics.analyse({ image: thumbnail }, { deadline: deadlineMs });
        return {
          faces: seen.faceCount,
          box: seen.box ?? null,
          luminance: seen.luminance,
          surroundings: seen.surroundingsLuminance,
          angles: seen.angles ?? null,
          sharpness: seen.sharpness ?? null,
          eyes_covered: seen.eyesCovered,
          mouth_covered: seen.mouthCovered,
        };
      } catch {
        // Refused in favour of a verification, late, away, or no picture: the page goes on without this answer.
        return null;
      } finally {
        looking -= 1;
      }
    },
  };
}
