import type { ChallengeView } from '../../src/wire.ts';
import type { Conductor } from '../src/conductor.ts';
import type { LiveChannel } from '../src/live-channel.ts';
import { firstPace } from '../src/live-pace.ts';
import type { Posed } from '../src/screens/stage.tsx';
import type { SelfieFixture } from './fixture-parts.ts';

/** A conductor whose state does not move, before a camera that shows a drawn face and a service that says what it is told to. */
export function standStill(fixture: SelfieFixture): Conductor & { readonly posed?: Posed } {
  const live: LiveChannel = {
    up: fixture.seen !== undefined,
    pace: firstPace,
    ask: async () => fixture.seen ?? null,
    tell: () => undefined,
    follow: () => undefined,
    close: () => undefined,
  };
  return {
    state: fixture.state,
    here: { isDesktop: true, isLoopback: false, lessMotion: false, ...fixture.here },
    visit: { id: '00000000-0000-4000-8000-000000000000', from: null },
    live,
    goesOn: fixture.goesOn ?? false,
    stream: drawnFace(),
    lens: 'front',
    canSwitchCamera: fixture.here?.isDesktop === false,
    switchCamera: () => undefined,
    send: ({ is }) => {
      document.documentElement.dataset.sent = is;
    },
    ...(fixture.posed === undefined ? {} : { posed: fixture.posed }),
    challenge: async (): Promise<ChallengeView | null> => null,
    opened: async () => undefined,
    behaviour: () => ({}),
    capture: () => undefined,
  };
}

/** Counts the faces that were drawn: only the last one is. */
let faces = 0;

/** A stream of a plain face on a plain wall, until the next one is asked for. */
function drawnFace(): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.width = 480;
  canvas.height = 640;
  const context = canvas.getContext('2d');
  if (context === null) return canvas.captureStream();
  const stream = canvas.captureStream(15);
  faces += 1;
  const own = faces;
  const draw = () => {
    if (own !== faces) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    context.fillStyle = '#b8c4c0';
    context.fillRect(0, 0, 480, 640);
    context.fillStyle = '#6d7f86';
    ellipse(context, 240, 640, 210, 150);
    context.fillStyle = '#d9b79e';
    ellipse(context, 240, 300, 105, 145);
    context.fillStyle = '#4a3a33';
    ellipse(context, 240, 195, 108, 60);
    for (const x of [200, 280]) ellipse(context, x, 290, 9, 6);
    ellipse(context, 240, 378, 30, 6);
    requestAnimationFrame(draw);
  };
  draw();
  return stream;
}

function ellipse(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  across: number,
  down: number,
): void {
  context.beginPath();
  context.ellipse(x, y, across, down, 0, 0, 2 * Math.PI);
  context.fill();
}
