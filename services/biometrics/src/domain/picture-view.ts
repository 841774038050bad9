/** A picture before it was reduced, in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where faces were seen, in pixels of a working picture that may be turned and reduced. */
export interface Sighted {
  /** Of the working picture. */
  readonly width: number;
  /** The picture turned like the working one, before it was reduced. */
  readonly source: Size;
  /** The largest first. */
  readonly faces: readonly {
    readonly box: {
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
    };
    readonly score: number;
  }[];
  readonly subject?: { readonly age?: number };
}

/** A face in pixels of the upright picture as it was sent. */
export interface Entity {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
  /** 0..1 of the detector. */
  readonly confidence: number;
  /** Years; of the largest face, when asked for. */
  readonly age: number | undefined;
}

/** What a picture shows. */
export interface PictureView {
  /** The largest first. */
  readonly entities: readonly Entity[];
  /** Degrees clockwise that the picture was turned by. */
  readonly bestAngle: Turn;
}

export type Turn = 0 | 90 | 180 | 270;
export const turns: readonly Turn[] = [0, 90, 180, 270];

/** Says where faces are in the picture as it was sent, whatever it was turned by to see them. */
export function viewOf(sighted: Sighted, turn: Turn): PictureView {
  const { source, faces, subject } = sighted;
  const scale = source.width / sighted.width;
  const entities = faces.map(({ box, score }, index) => {
    const corners = [
      turnBack({ x: box.left * scale, y: box.top * scale }, source, turn),
      turnBack({ x: (box.left + box.width) * scale, y: (box.top + box.height) * scale }, source, turn),
    ];
    const size = turn % 180 === 0 ? source : { width: source.height, height: source.width };
    const across = corners.map(({ x }) => clamp(x, size.width)).sort((a, b) => a - b);
    const down = corners.map(({ y }) => clamp(y, size.height)).sort((a, b) => a - b);
    return {
      xmin: across[0] ?? 0,
      ymin: down[0] ?? 0,
      xmax: across[1] ?? 0,
      ymax: down[1] ?? 0,
      confidence: score,
      age: index === 0 ? subject?.age : undefined,
    };
  });
  return { entities, bestAngle: turn };
}

/** A point of the turned picture in the one that was not turned. */
function turnBack({ x, y }: { x: number; y: number }, turned: Size, turn: Turn): { x: number; y: number } {
  switch (turn) {
    case 0:
      return { x, y };
    case 90:
      return { x: y, y: turned.width - x };
    case 180:
      return { x: turned.width - x, y: turned.height - y };
    case 270:
      return { x: turned.height - y, y: x };
  }
}

/** Faces may reach beyond the picture; to a tenth of a pixel. */
function clamp(value: number, max: number): number {
  return Math.round(Math.min(max, Math.max(0, value)) * 10) / 10;
}

/**
 * The turn that shows a face upright: the one where the detector is surest of one, since it has only learnt upright
 * faces. Of equals the smallest turn; 0 when no turn shows a face.
 */
export function bestTurn(
  sightings: readonly { readonly turn: Turn; readonly faces: readonly { readonly score: number }[] }[],
): Turn {
  let best: { turn: Turn; score: number } = { turn: 0, score: 0 };
  for (const { turn, faces } of sightings) {
    const score = Math.max(0, ...faces.map((face) => face.score));
    if (score > best.score) best = { turn, score };
  }
  return best.turn;
}
