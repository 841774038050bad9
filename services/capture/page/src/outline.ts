import type { FaceBox } from '../../src/wire.ts';

/** Sizes in any one unit. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A distance in ovals: 1 across is the oval's width, 1 down its height. */
export interface Offset {
  readonly x: number;
  readonly y: number;
}

/**
 * Where the outline on screen lies in the camera's picture, when the picture covers the stage and is cut evenly on
 * both sides. `outline` is relative to the stage.
 */
export function outlineInPicture(picture: Size, stage: Size, outline: FaceBox): FaceBox {
  const scale = Math.max(stage.width / picture.width, stage.height / picture.height);
  const hiddenX = (picture.width * scale - stage.width) / 2;
  const hiddenY = (picture.height * scale - stage.height) / 2;
  return {
    left: (outline.left + hiddenX) / scale / picture.width,
    top: (outline.top + hiddenY) / scale / picture.height,
    width: outline.width / scale / picture.width,
    height: outline.height / scale / picture.height,
  };
}

/** From the oval's centre to the face's. */
export function offsetOf(box: FaceBox, oval: FaceBox): Offset {
  return {
    x: (box.left + box.width / 2 - (oval.left + oval.width / 2)) / oval.width,
    y: (box.top + box.height / 2 - (oval.top + oval.height / 2)) / oval.height,
  };
}

/** How far a face has wandered between two readings. */
export function wandered(from: FaceBox, to: FaceBox, oval: FaceBox): number {
  const [before, after] = [offsetOf(from, oval), offsetOf(to, oval)];
  return length({ x: after.x - before.x, y: after.y - before.y });
}

/** The length of an offset. */
export function length({ x, y }: Offset): number {
  return Math.hypot(x, y);
}

/** Share 0..1 of the box that lies inside the picture. */
export function shareInside({ left, top, width, height }: FaceBox): number {
  const across = Math.min(1, left + width) - Math.max(0, left);
  const down = Math.min(1, top + height) - Math.max(0, top);
  return across <= 0 || down <= 0 ? 0 : (across * down) / (width * height);
}
