import { useEffect, useRef, useState } from 'preact/hooks';
import type { SessionPath } from '../client.ts';
import type { Conductor } from '../conductor.ts';
import type { Guide } from '../guidance.ts';
import { watchFace } from '../guidance-loop.ts';
import { firstPicture } from '../look/camera.ts';
import { factsLater } from '../look/facts-later.ts';
import { watchHead } from '../look/head-watch.ts';
import { type Act, performLook, type Scene } from '../look/performance.ts';
import { hasOtherWays } from '../methods.ts';
import type { StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { FlashBar, FlashWarning } from './challenge-flashing.tsx';
import { Heading } from './heading.tsx';
import { Ring } from './ring.tsx';
import { useOffline } from './stage-offline.ts';
import { shareOf, toneAt, Words } from './stage-words.tsx';
import '../style/stage.css';
import '../style/challenge.css';

interface StageProps {
  readonly state: StateAt<'looking' | 'sending'>;
  readonly conductor: Conductor & { readonly posed?: Posed };
  readonly path: SessionPath;
  readonly say: Say;
}

/** The stage as it is held still, for people who look at its states. */
export interface Posed {
  readonly act: Act;
  /** What fills the screen. */
  readonly colour?: string;
}

/** How long the words about a missed movement stay. */
const missedMs = 4_000;

/** The picture that was taken: it outlives the screen, which may come back while it is sent again. */
const still = document.createElement('canvas');

/** The look and the sending of what it brought; colours are announced, and never come unasked. */
export function Stage(props: StageProps) {
  const { state, conductor, say } = props;
  const [isWarned, setWarned] = useState(false);
  if (state.at === 'looking' && state.method === 'FLASHING' && !isWarned && conductor.posed === undefined) {
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
  const [act, setAct] = useState<Act>(conductor.posed?.act ?? { is: 'guiding' });
  const isOffline = useOffline();
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
      if (isBegun || watching.signal.aborted || conductor.posed !== undefined) return;
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
        opened: conductor.opened,
        behaviour: () => ({ ...conductor.behaviour(), ...facts.ofPage() }),
        facts: facts.ofCamera,
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
      setAct(performed.is === 'missed' ? performed : { is: 'guiding' });
      if (performed.is === 'missed') await new Promise((resolve) => setTimeout(resolve, missedMs));
      setMissed((before) => before + 1);
    };
    setAct(conductor.posed?.act ?? { is: 'guiding' });
    fill(stage.current, conductor.posed?.colour ?? null);
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
  useEscape(looking && (act.is === 'counting' || act.is === 'flashing'), otherWay);

  const isFlashing = act.is === 'counting' || act.is === 'flashing';
  const pose = looking && act.is === 'turning' ? act.prompt.pose : undefined;
  return (
    <div
      ref={stage}
      class={`stage ${looking ? toneAt(act, guide, isOffline) : 'good'}${looking && isFlashing ? ' flashing' : ''}`}
      data-pose={pose}
    >
      <Heading hidden>{say('stage.title')}</Heading>
      <Words state={state} act={act} guide={guide} isOffline={isOffline} say={say} />
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
          {(looking ? hasOtherWays(state) : state.linkLost && state.sent < 1) ? (
            <button type="button" class="quiet other-way" onClick={otherWay}>
              {say('stage.other_way')}
            </button>
          ) : null}
        </div>
      )}
    </div>
  );
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

/** Escape ends what flashes, wherever the focus is. */
function useEscape(isActive: boolean, act: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape') act();
    };
    addEventListener('keydown', press, true);
    return () => removeEventListener('keydown', press, true);
  }, [isActive]);
}

/** In the dark, the page itself becomes the lamp: it turns to its light colours and stays so while looking. */
function useLamp(needed: boolean): void {
  useEffect(() => {
    if (needed) document.documentElement.dataset.lamp = 'on';
  }, [needed]);
  useEffect(() => () => void delete document.documentElement.dataset.lamp, []);
}
