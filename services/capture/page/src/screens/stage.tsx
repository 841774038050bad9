import { useEffect, useRef, useState } from 'preact/hooks';
import type { HeadAngles } from '../../../src/wire.ts';
import type { SessionPath } from '../client.ts';
import type { Conductor } from '../conductor.ts';
import { type Guide, type Hint, toneOf } from '../guidance.ts';
import { watchFace } from '../guidance-loop.ts';
import { firstPicture } from '../look/camera.ts';
import type { CameraFacts, CameraWatch } from '../look/camera-facts.ts';
import { deviceKeys } from '../look/device-key.ts';
import { type Act, performLook, type Scene } from '../look/performance.ts';
import type { StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { FlashBar, FlashWarning } from './challenge-flashing.tsx';
import { MotionPrompt } from './challenge-motion.tsx';
import { Heading } from './heading.tsx';
import { HintIcon } from './hint-icon.tsx';
import { Ring } from './ring.tsx';
import { Spoken } from './spoken.tsx';
import '../style/stage.css';
import '../style/challenge.css';

interface StageProps {
  readonly state: StateAt<'looking' | 'sending'>;
  readonly conductor: Conductor;
  readonly path: SessionPath;
  readonly say: Say;
}

/** How long the words about a missed movement stay. */
const missedMs = 3_000;
/** Of the head's angles, so many are remembered from before the first prompt. */
const beginningMax = 5;

/** The picture that was taken: it outlives the screen, which may come back while it is sent again. */
const still = document.createElement('canvas');

/** The look and the sending of what it brought; colours are announced, and never come unasked. */
export function Stage(props: StageProps) {
  const { state, conductor, say } = props;
  const [isWarned, setWarned] = useState(false);
  if (state.at === 'looking' && state.method === 'FLASHING' && !isWarned) {
    const otherWay = () => conductor.send({ is: 'other_way' });
    return <FlashWarning say={say} start={() => setWarned(true)} otherWay={otherWay} />;
  }
  return <Oval key={state.method} {...props} />;
}

/** The oval: live picture and guidance while looking, the still frame and its progress while sending. */
function Oval({ state, conductor, say }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const picture = useRef<HTMLCanvasElement>(null);
  const outline = useRef<HTMLDivElement>(null);
  const [guide, setGuide] = useState<Guide | null>(null);
  const [act, setAct] = useState<Act>({ is: 'guiding' });
  /** Looks of this screen that showed too little and cost nothing. */
  const [missed, setMissed] = useState(0);
  const begin = useRef<(isAuto: boolean) => void>(() => undefined);
  const looking = state.at === 'looking';
  const otherWay = () => conductor.send({ is: 'other_way' });

  useEffect(() => {
    if (!looking || video.current === null || outline.current === null) return;
    const watching = new AbortController();
    const seen = { video: video.current, outline: outline.current };
    const head = watchHead();
    const facts = factsLater(conductor.stream, seen.video, watching.signal);
    let isBegun = false;
    begin.current = (isAuto) => {
      if (isBegun || watching.signal.aborted) return;
      isBegun = true;
      void look(isAuto);
    };
    const look = async (isAuto: boolean) => {
      const scene: Scene = {
        video: seen.video,
        still,
        head,
        signal: watching.signal,
        challenge: conductor.challenge,
        facts,
        act: (now) => {
          if (watching.signal.aborted) return;
          // Felt where a turned head cannot see.
          if (now.is === 'turning') navigator.vibrate?.(40);
          setAct(now);
        },
        fill: (colour) => fill(stage.current, colour),
      };
      const performed = await performLook(scene, state.method, missed > 0);
      if (watching.signal.aborted) return;
      if (performed.is === 'done') return conductor.capture(performed.body, isAuto);
      if (performed.is === 'unshowable') return otherWay();
      if (performed.is === 'unavailable') return conductor.send({ is: 'failed', reason: 'unavailable' });
      setAct(performed.is === 'missed' ? { is: 'missed' } : { is: 'guiding' });
      if (performed.is === 'missed') await new Promise((resolve) => setTimeout(resolve, missedMs));
      setMissed((before) => before + 1);
    };
    setAct({ is: 'guiding' });
    void firstPicture(seen.video, conductor.stream, watching.signal).then((plays) => {
      if (watching.signal.aborted) return;
      if (!plays) return conductor.send({ is: 'camera_trouble', reason: 'in_use' });
      return watchFace({
        ...seen,
        live: conductor.live,
        enrols: state.session.enrols,
        signal: watching.signal,
        seen: ({ angles }) => head.saw(angles, isBegun),
        changed: (now) => {
          if (isBegun) return;
          setGuide(now);
          if (now.shoot) begin.current(true);
        },
      });
    });
    return () => watching.abort();
  }, [looking, missed]);

  useEffect(() => {
    if (!looking && picture.current !== null) show(picture.current);
  }, [looking]);
  useLamp(looking && guide?.hint === 'light');

  const isFlashing = act.is === 'counting' || act.is === 'flashing';
  const pose = looking && act.is === 'turning' ? act.prompt.pose : undefined;
  return (
    <div
      ref={stage}
      class={`stage ${looking ? toneAt(act, guide) : 'good'}${looking && isFlashing ? ' flashing' : ''}`}
      data-pose={pose}
    >
      <Heading hidden>{say('stage.title')}</Heading>
      <Words state={state} act={act} guide={guide} say={say} />
      <div class="frame">
        <div class={conductor.lens === 'back' ? 'oval back' : 'oval'} ref={outline}>
          <video ref={video} autoplay muted playsInline hidden={!looking} />
          <canvas ref={picture} hidden={looking} />
          <div class={looking ? 'veil' : 'veil on'} />
        </div>
        <Ring share={shareOf(state, act, guide)} turning={state.at === 'sending' && state.sent >= 1} />
      </div>
      {looking && isFlashing ? (
        <FlashBar say={say} seconds={act.is === 'counting' ? act.seconds : null} stop={otherWay} />
      ) : (
        <div class="actions">
          <button
            type="button"
            class={guide?.urgeShutter === true ? 'shutter urged' : 'shutter'}
            aria-label={say(state.method === 'PASSIVE' ? 'stage.shutter' : 'stage.begin')}
            hidden={!looking || act.is !== 'guiding'}
            disabled={guide === null}
            onClick={() => begin.current(false)}
          >
            <span />
          </button>
          {looking && conductor.canSwitchCamera ? (
            <button type="button" class="quiet" onClick={conductor.switchCamera}>
              {say('stage.switch_camera')}
            </button>
          ) : null}
          {looking && state.session.other_methods.length > 0 ? (
            <button type="button" class="quiet other-way" onClick={otherWay}>
              {say('stage.other_way')}
            </button>
          ) : null}
        </div>
      )}
    </div>
  );
}

/** What to do now, for eyes and ears. */
function Words({
  state,
  act,
  guide,
  say,
}: Pick<StageProps, 'state' | 'say'> & { act: Act; guide: Guide | null }) {
  const hint = guide?.hint ?? 'position';
  if (state.at === 'sending') {
    const words = state.linkLost
      ? 'sending.link_lost'
      : state.sent < 1
        ? 'sending.uploading'
        : 'sending.checking';
    return (
      <div class="hint" role="status">
        <p class={state.linkLost ? 'lost' : undefined}>{say(words)}</p>
      </div>
    );
  }
  const { spoken, everyMs, shown } = wordsOf(act, hint, say);
  // The same live region all along: one that comes with its words is not heard.
  return (
    <div class="hint">
      <Spoken text={spoken} everyMs={everyMs} />
      {act.is === 'turning' ? <MotionPrompt prompt={act.prompt} say={say} /> : null}
      {shown ? (
        <p key={spoken} aria-hidden="true">
          {act.is === 'guiding' ? <HintIcon hint={hint} offset={guide?.offset ?? { x: 0, y: 0 }} /> : null}
          {spoken}
        </p>
      ) : null}
    </div>
  );
}

/** What is said of an act, at most every so often, and whether it stands there as it is said. */
function wordsOf(act: Act, hint: Hint, say: Say): { spoken: string; everyMs: number; shown: boolean } {
  switch (act.is) {
    case 'turning':
      return { spoken: say(`motion.${act.prompt.pose}`), everyMs: 0, shown: false };
    case 'counting':
    case 'flashing':
      // Every second aloud would drown what matters.
      return { spoken: say('flash.hold'), everyMs: 0, shown: false };
    case 'missed':
      return { spoken: say('motion.missed'), everyMs: 0, shown: true };
    case 'waiting':
      return { spoken: say('stage.waiting'), everyMs: 2_000, shown: true };
    case 'guiding':
      return { spoken: say(`hints.${hint}`), everyMs: 2_000, shown: true };
  }
}

function toneAt(act: Act, guide: Guide | null): string {
  if (act.is === 'turning') return 'turning';
  if (act.is === 'missed') return 'warn';
  return act.is === 'waiting' ? 'good' : toneOf(guide?.hint ?? 'position');
}

function shareOf(state: StageProps['state'], act: Act, guide: Guide | null): number {
  if (state.at === 'sending') return state.sent;
  return act.is === 'turning' ? act.prompt.share : (guide?.share ?? 0);
}

/** Fills the whole screen, outside of what is drawn: colours keep to the screen's own rhythm. */
function fill(stage: HTMLElement | null, colour: string | null): void {
  if (stage === null) return;
  stage.style.backgroundColor = colour ?? '';
  if (colour === null) delete stage.dataset.colour;
  else stage.dataset.colour = colour;
}

function show(picture: HTMLCanvasElement): void {
  if (still.width === 0 || still.height === 0) return;
  picture.width = still.width;
  picture.height = still.height;
  picture.getContext('2d')?.drawImage(still, 0, 0);
}

/** Remembers the head: where it was before the first prompt, and where it was last. */
function watchHead(): Scene['head'] & { saw(angles: HeadAngles | null, isBegun: boolean): void } {
  const beginning: HeadAngles[] = [];
  let latest: ReturnType<Scene['head']['latest']> = null;
  return {
    beginning,
    latest: () => latest,
    saw(angles, isBegun) {
      if (angles === null) return;
      latest = { atMs: performance.now(), angles };
      if (isBegun) return;
      beginning.push(angles);
      if (beginning.length > beginningMax) beginning.shift();
    },
  };
}

/** Facts about the camera, gathered by code that comes when nothing else is to do. */
function factsLater(
  stream: MediaStream | null,
  video: HTMLVideoElement,
  signal: AbortSignal,
): () => CameraFacts {
  let watch: CameraWatch | null = null;
  whenIdle(() => {
    void deviceKeys().catch(() => undefined);
    import('../look/camera-facts.ts').then(
      ({ watchCamera }) => {
        if (stream === null || signal.aborted) return;
        watch = watchCamera(stream, video);
        signal.addEventListener('abort', () => watch?.stop());
      },
      () => undefined,
    );
  });
  return () => watch?.facts() ?? {};
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(act, { timeout: 1_000 });
  else setTimeout(act, 300);
}

/** In the dark, the page itself becomes the lamp: it turns to its light colours and stays so while looking. */
function useLamp(needed: boolean): void {
  useEffect(() => {
    if (needed) document.documentElement.dataset.lamp = 'on';
  }, [needed]);
  useEffect(() => () => void delete document.documentElement.dataset.lamp, []);
}
