import { useEffect, useRef, useState } from 'preact/hooks';
import type { SessionPath } from '../client.ts';
import type { Conductor } from '../conductor.ts';
import type { State } from '../flow.ts';
import { type Guide, type Hint, holdMs } from '../guidance.ts';
import { watchFace } from '../guidance-loop.ts';
import { HintIcon } from '../icons.tsx';
import { takeFrame } from '../look/picture.ts';
import type { Say } from '../texts/catalogue.ts';
import { Heading } from './heading.tsx';

/** A camera that shows nothing after this long is not going to. */
const firstPictureMs = 8_000;

type StageState = Extract<State, { at: 'looking' | 'sending' }>;

/** The oval: live picture and guidance while looking, the still frame and its progress while sending. */
export function Stage(props: { state: StageState; conductor: Conductor; path: SessionPath; say: Say }) {
  const { state, conductor, path, say } = props;
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const outline = useRef<HTMLDivElement>(null);
  const [guide, setGuide] = useState<Guide | null>(null);
  const taking = useRef(false);

  const take = async (isAuto: boolean) => {
    if (taking.current || video.current === null || still.current === null) return;
    taking.current = true;
    const frame = await takeFrame(video.current, still.current);
    taking.current = false;
    if (frame !== null) conductor.capture(frame, isAuto);
  };

  useEffect(() => {
    if (state.at !== 'looking' || video.current === null || outline.current === null) return;
    const watching = new AbortController();
    const watched = { video: video.current, outline: outline.current };
    const changed = (now: Guide) => {
      setGuide(now);
      if (now.shoot) void take(true);
    };
    void playing(watched.video, conductor.stream, watching.signal).then((plays) => {
      if (watching.signal.aborted) return;
      if (!plays) return conductor.send({ is: 'camera_trouble', reason: 'in_use' });
      return watchFace(watched, path, watching.signal, changed);
    });
    return () => watching.abort();
  }, [state.at]);

  useLamp(guide?.hint === 'light');

  const looking = state.at === 'looking';
  const hint: Hint = guide?.hint ?? 'position';
  const share = looking ? (guide?.goodMs ?? 0) / holdMs : state.sent;
  return (
    <div class={`stage ${looking ? toneOf(hint) : 'good'}`}>
      <Heading hidden>{say('stage.title')}</Heading>
      <div class="hint" role="status">
        {looking ? (
          <p key={hint}>
            <HintIcon hint={hint} offset={guide?.offset ?? { x: 0, y: 0 }} />
            {say(`hints.${hint}`)}
          </p>
        ) : (
          <p class={state.linkLost ? 'lost' : undefined}>{sendingText(state, say)}</p>
        )}
      </div>
      <div class="frame">
        <div class="oval" ref={outline}>
          <video ref={video} autoplay muted playsInline hidden={!looking} />
          <canvas ref={still} hidden={looking} />
          <div class={looking ? 'veil' : 'veil on'} />
        </div>
        <Ring share={share} turning={!looking && state.sent >= 1} />
      </div>
      <div class="actions">
        <button
          type="button"
          class={guide?.urgeShutter === true ? 'shutter urged' : 'shutter'}
          aria-label={say('stage.shutter')}
          hidden={!looking}
          disabled={guide === null}
          onClick={() => void take(false)}
        >
          <span />
        </button>
      </div>
    </div>
  );
}

function sendingText(state: StageState & { at: 'sending' }, say: Say): string {
  if (state.linkLost) return say('sending.link_lost');
  return say(state.sent < 1 ? 'sending.uploading' : 'sending.checking');
}

function toneOf(hint: Hint): 'calm' | 'good' | 'warn' {
  if (hint === 'good') return 'good';
  return hint === 'position' || hint === 'manual' ? 'calm' : 'warn';
}

/** Around the oval, from its top: how much of the hold or the upload is done, or that work goes on. */
function Ring({ share, turning }: { share: number; turning: boolean }) {
  const outline = 'M150 5A145 195 0 0 1 150 395A145 195 0 0 1 150 5';
  return (
    <svg class={turning ? 'ring turning' : 'ring'} viewBox="0 0 300 400" aria-hidden="true">
      <path d={outline} pathLength={100} class="track" />
      {share > 0 || turning ? (
        <path
          d={outline}
          pathLength={100}
          class="done"
          stroke-dashoffset={turning ? 0 : 100 - Math.min(1, share) * 100}
        />
      ) : null}
    </svg>
  );
}

/** Resolves true once the picture moves, false when it does not come in time. */
async function playing(
  video: HTMLVideoElement,
  stream: MediaStream | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (video.srcObject !== stream) video.srcObject = stream;
  // A refused play() shows itself by the picture staying away.
  void video.play().catch(() => undefined);
  for (let waited = 0; waited < firstPictureMs && !signal.aborted; waited += 50) {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** In the dark, the page itself becomes the lamp: it turns to its light colours and stays so while looking. */
function useLamp(needed: boolean): void {
  useEffect(() => {
    if (needed) document.documentElement.dataset.lamp = 'on';
  }, [needed]);
  useEffect(() => () => void delete document.documentElement.dataset.lamp, []);
}
