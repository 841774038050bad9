import sharp from 'sharp';
import { randomOf } from '../chaos/random.ts';
import { type Attitude, facingScreen, type Head, headOf, lit, posed, turned } from '../lab/attacks/head.ts';
import { type FrameSize, frameSelfie, type Portrait } from '../lab/attacks/portraits.ts';
import type { HeadPose } from '../lab/attacks/presentation.ts';
import { blurred, bytesOf, linear, type Raster } from '../lab/attacks/raster.ts';

/** What a fake camera can show of somebody, as JPEG in base64: made before the test, never stored. */
export interface Reel {
  /** Before the page as it is while nothing is asked. */
  readonly rest: string;
  /** Lit by a colour of the screen, by #rrggbb. */
  readonly lit: Readonly<Record<string, string>>;
  /** On the way into a pose, from the first degrees to all of it. */
  readonly turned: Readonly<Partial<Record<HeadPose, readonly string[]>>>;
}

/** A phone's front camera at a resolution that costs the test little. */
const FRAME: FrameSize = { width: 480, height: 640 };

/** The colours that a FLASHING challenge draws from. */
const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#00ffff', '#ff00ff', '#ffff00'] as const;

/** Degrees of a head that turns as far as is comfortable, as the mesh model reads them, and pictures on the way there. */
const TURN = { yaw: 32, pitch: 23, pictures: 5 } as const;
/** Of a white screen over the room's light on the face: indoors, at arm's length. */
const SCREEN = 0.42;
/** Of the page's own light ground over a white screen. */
const PAGE = 0.35;

const AT_REST: Attitude = { yaw: 0, pitch: 0, roll: 0, dx: 0, dy: 0, scale: 1 };

/** What of somebody is wanted: a test that flashes needs no turned head. */
export interface Wanted {
  readonly colours?: boolean;
  readonly poses?: boolean;
  /** Lit evenly all over, as a print is that throws the screen's light back: no relief. */
  readonly isFlat?: boolean;
  /** Degrees by which the head is held otherwise than in the portrait, at rest and in every pose. */
  readonly held?: { readonly yaw: number; readonly pitch: number };
}

/** Renders a portrait as a head of flesh: turned on the relief of its mesh, lit by where its skin faces. */
export async function renderReel(portrait: Portrait, wanted: Wanted): Promise<Reel> {
  const head = headOf(portrait, frameSelfie(portrait, FRAME, randomOf('actor', portrait.name)), FRAME);
  const page: Light = [PAGE * SCREEN, PAGE * SCREEN, PAGE * SCREEN];
  const held: Attitude = { ...AT_REST, ...wanted.held };
  const rest = await shot(head, held, page, wanted.isFlat);
  const reel: { lit: Record<string, string>; turned: Partial<Record<HeadPose, string[]>> } = {
    lit: {},
    turned: {},
  };
  if (wanted.colours)
    for (const colour of COLOURS) reel.lit[colour] = await shot(head, held, lightOf(colour), wanted.isFlat);
  if (wanted.poses) {
    for (const [pose, goal] of Object.entries(goals)) {
      const way: string[] = [];
      for (let step = 1; step <= TURN.pictures; step += 1) {
        const share = step / TURN.pictures;
        const attitude = {
          ...held,
          yaw: held.yaw + goal.yaw * share,
          pitch: held.pitch + goal.pitch * share,
        };
        way.push(await shot(head, attitude, page, false));
      }
      reel.turned[pose as HeadPose] = way;
    }
  }
  return { rest, ...reel };
}

/** The person's left is image right: yaw below 0. */
const goals = {
  left: { yaw: -TURN.yaw, pitch: 0 },
  right: { yaw: TURN.yaw, pitch: 0 },
  up: { yaw: 0, pitch: -TURN.pitch },
  down: { yaw: 0, pitch: TURN.pitch },
} as const;

type Light = readonly [red: number, green: number, blue: number];

function lightOf(colour: string): Light {
  const share = (from: number) => SCREEN * linear(Number.parseInt(colour.slice(from, from + 2), 16));
  return [share(1), share(3), share(5)];
}

async function shot(
  head: Head,
  attitude: Attitude,
  light: Light,
  isFlat: boolean | undefined,
): Promise<string> {
  const places = posed(head, attitude);
  const frame = turned(head, places);
  const facing = isFlat ? new Float32Array(FRAME.width * FRAME.height).fill(0.6) : facingScreen(head, places);
  return encodedRaster(lit(frame, facing, light));
}

/** The room's light leaves headroom for the screen's; a lens is never quite sharp. */
async function encodedRaster(raster: Raster): Promise<string> {
  const dimmed: Raster = { ...raster, rgb: raster.rgb.map((value) => 0.8 * value) };
  const image = sharp(bytesOf(blurred(dimmed, 0.5)), { raw: { ...FRAME, channels: 3 } });
  return (await image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer()).toString('base64');
}
