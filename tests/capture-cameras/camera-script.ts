import type { Reel } from './actor.ts';

/** What stands before the camera and how it takes what the page asks for. */
export interface Performance {
  /** Who is seen; another one from the turn `swapsAtPose` on. */
  readonly reels: readonly [Reel, ...Reel[]];
  /** Which colour is reflected when one is shown: that one, or always a wrong one as a recording of another challenge has it. */
  readonly colours: 'shown' | 'another';
  /** Which way the head turns when a pose is asked for. */
  readonly poses: 'asked' | 'another' | 'none';
  /** The pose asked for, counted from 0, from which on the next reel is seen. */
  readonly swapsAtPose?: number;
  /** One picture for ever, without a camera's grain. */
  readonly isFrozen?: boolean;
}

/** What a test may do to the camera while it runs: `window.selfsameCamera` in the page. */
export interface CameraSwitch {
  /** The device is unplugged: its track ends. */
  takeAway(): void;
}

/**
 * Installs a camera in the place of the browser's; runs in the page before the page's own code. It looks at the page as a
 * face before the screen does: what is lit is the background of `[data-colour]` as it is painted, a frame's delay later,
 * and the head follows `[data-pose]` as people do. Self-contained, because only its text travels to the browser.
 * @returns when the camera can be used
 */
export function installCamera(performance: Performance): Promise<void> {
  /** From the screen's change to a frame that shows it: display and exposure; delivery takes as long again by itself. */
  const LIGHT_DELAY_MS = 50;
  /** Reading a prompt and beginning to move; then one picture of the turn after the other. */
  const REACTION_MS = 300;
  const PICTURE_MS = 70;
  const FRAME_MS = 33;
  const GRAIN = { side: 256, strength: 0.05 };
  const anotherColour: Record<string, string> = {
    '#ff0000': '#00ffff',
    '#00ff00': '#ff00ff',
    '#0000ff': '#ffff00',
    '#00ffff': '#ff0000',
    '#ff00ff': '#0000ff',
    '#ffff00': '#00ff00',
  };
  const anotherPose: Record<string, string> = { left: 'right', right: 'left', up: 'down', down: 'up' };

  interface Pictures {
    rest: ImageBitmap;
    lit: Map<string, ImageBitmap>;
    turned: Map<string, ImageBitmap[]>;
  }
  const canvas = document.createElement('canvas');
  canvas.width = 480;
  canvas.height = 640;
  let running: MediaStream | undefined;

  async function decoded(base64: string): Promise<ImageBitmap> {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
  }

  async function picturesOf(reel: Reel): Promise<Pictures> {
    const lit = new Map<string, ImageBitmap>();
    for (const [colour, text] of Object.entries(reel.lit)) lit.set(colour, await decoded(text));
    const turned = new Map<string, ImageBitmap[]>();
    for (const [pose, texts] of Object.entries(reel.turned))
      turned.set(pose, await Promise.all((texts ?? []).map(decoded)));
    return { rest: await decoded(reel.rest), lit, turned };
  }

  /** #rrggbb that fills the stage now; null while none is asked for. */
  function shownColour(): string | null {
    const element = document.querySelector('[data-colour]');
    if (element === null) return null;
    const channels = getComputedStyle(element).backgroundColor.match(/\d+/g) ?? [];
    const hex = (value: string) => Number(value).toString(16).padStart(2, '0');
    return `#${channels.slice(0, 3).map(hex).join('')}`;
  }

  /** Black or white specks of varying strength: what a sensor adds to every frame. */
  function grainOf(): HTMLCanvasElement {
    const tile = document.createElement('canvas');
    tile.width = GRAIN.side;
    tile.height = GRAIN.side;
    const context = tile.getContext('2d');
    const pixels = context?.createImageData(GRAIN.side, GRAIN.side);
    if (!context || !pixels) throw new Error('no canvas');
    for (let at = 0; at < pixels.data.length; at += 4) {
      const deviate = Math.random() + Math.random() + Math.random() - 1.5;
      pixels.data.fill(deviate > 0 ? 255 : 0, at, at + 3);
      pixels.data[at + 3] = Math.abs(deviate) * 255 * GRAIN.strength;
    }
    context.putImageData(pixels, 0, 0);
    return tile;
  }

  function play(reels: Pictures[]): void {
    const context = canvas.getContext('2d');
    if (context === null || reels[0] === undefined) throw new Error('no canvas');
    const grain = context.createPattern(grainOf(), 'repeat');
    const phase = Math.random() * 1000;
    const colours: { atMs: number; colour: string | null }[] = [];
    let asked: string | null = null;
    let askedAtMs = 0;
    let posesAsked = -1;
    let goal = 'front';
    /** How far into which pose the head is: pictures of its turn. */
    let turn = { pose: 'front', step: 0, sinceMs: 0 };

    function colourNow(now: number): string | null {
      colours.push({ atMs: now, colour: shownColour() });
      while ((colours[1]?.atMs ?? now) <= now - LIGHT_DELAY_MS) colours.shift();
      const seen = colours[0]?.colour ?? null;
      return performance.colours === 'another' && seen !== null ? (anotherColour[seen] ?? seen) : seen;
    }

    function follow(now: number): void {
      const pose = document.querySelector('[data-pose]')?.getAttribute('data-pose') ?? null;
      if (pose !== asked) {
        // Prompts that begin anew are a new look.
        posesAsked = pose === null ? -1 : posesAsked + 1;
        asked = pose;
        askedAtMs = now;
      }
      if (performance.poses === 'none') return;
      const wanted = asked ?? 'front';
      if (now - askedAtMs >= REACTION_MS)
        goal = performance.poses === 'another' ? (anotherPose[wanted] ?? wanted) : wanted;
      if (now - turn.sinceMs < PICTURE_MS) return;
      const last = reels[0]?.turned.get(goal)?.length ?? 0;
      if (turn.pose !== goal && turn.step > 0) turn = { ...turn, step: turn.step - 1, sinceMs: now };
      else if (turn.pose !== goal) turn = { pose: goal, step: last > 0 ? 1 : 0, sinceMs: now };
      else if (turn.step < last) turn = { ...turn, step: turn.step + 1, sinceMs: now };
    }

    function draw(): void {
      const now = globalThis.performance.now();
      follow(now);
      const swapped = performance.swapsAtPose !== undefined && posesAsked >= performance.swapsAtPose;
      const who = (swapped ? reels[1] : undefined) ?? reels[0];
      const colour = colourNow(now);
      if (who === undefined || context === null) return;
      const picture =
        turn.step > 0
          ? (who.turned.get(turn.pose)?.[turn.step - 1] ?? who.rest)
          : (who.lit.get(colour ?? '') ?? who.rest);
      context.setTransform(1, 0, 0, 1, 0, 0);
      if (performance.isFrozen) {
        context.drawImage(picture, 0, 0);
        return;
      }
      // Nobody holds still: some pixels, and half a degree.
      const at = now / 1000 + phase;
      context.translate(240 + 2.2 * Math.sin(at * 1.3), 320 + 1.8 * Math.sin(at * 1.9 + 1));
      context.rotate(0.006 * Math.sin(at * 0.9 + 2));
      const size = 1.02 + 0.004 * Math.sin(at * 0.7);
      context.scale(size, size);
      context.drawImage(picture, -240, -320);
      context.setTransform(1, 0, 0, 1, -Math.floor(Math.random() * 256), -Math.floor(Math.random() * 256));
      context.fillStyle = grain ?? 'transparent';
      context.fillRect(0, 0, 800, 960);
    }
    draw();
    setInterval(draw, FRAME_MS);
  }

  const ready = Promise.all(performance.reels.map(picturesOf)).then(play);
  navigator.mediaDevices.getUserMedia = async () => {
    await ready;
    running = canvas.captureStream(30);
    const [track] = running.getVideoTracks();
    if (track === undefined) throw new DOMException('', 'NotFoundError');
    const settings = { ...track.getSettings(), deviceId: 'front-camera', facingMode: 'user', frameRate: 30 };
    Object.defineProperty(track, 'label', { value: 'Front camera' });
    track.getSettings = () => settings;
    return running;
  };
  const away: CameraSwitch = {
    takeAway() {
      for (const track of running?.getVideoTracks() ?? []) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
    },
  };
  Object.defineProperty(window, 'selfsameCamera', { value: away });
  return ready;
}
