import { useEffect, useRef } from 'preact/hooks';
import { AttentionIcon, SparkIcon } from '../icons.tsx';
import type { Say } from '../texts/catalogue.ts';
import { Heading } from './heading.tsx';
import { Primary } from './primary.tsx';

/** Before any colour: what will happen, whom it may harm, and that there is another way. */
export function FlashWarning(props: { say: Say; start: () => void; otherWay: () => void }) {
  const { say } = props;
  return (
    <div class="flash-warned">
      <div class="scroll notice flash-warning">
        <div class="symbol calm">
          <SparkIcon />
        </div>
        <Heading>{say('flash.title')}</Heading>
        <div class="caution">
          <AttentionIcon />
          <p>{say('flash.caution')}</p>
        </div>
        <Preview />
        <p>{say('flash.first')}</p>
        <p>{say('flash.body')}</p>
        <p class="tip">{say('flash.tip')}</p>
      </div>
      <div class="actions">
        <Primary text={say('flash.start')} act={props.start} />
        <button type="button" class="secondary" onClick={props.otherWay}>
          {say('stage.other_way')}
        </button>
      </div>
    </div>
  );
}

/** What will be seen, in its order and standing still: three numbers, then colours. */
function Preview() {
  return (
    <div class="flash-preview" aria-hidden="true">
      {[3, 2, 1].map((seconds) => (
        <b key={seconds}>{seconds}</b>
      ))}
      {['red', 'yellow', 'green', 'cyan', 'blue', 'magenta'].map((colour) => (
        <i key={colour} class={colour} />
      ))}
    </div>
  );
}

/** While it counts down and flashes: how long still, and the way out at any moment, for keyboards without a search. */
export function FlashBar(props: { say: Say; seconds: number | null; stop: () => void }) {
  const { say, seconds } = props;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus({ preventScroll: true }), []);
  const words = seconds === null ? say('flash.hold') : say('flash.countdown', { count: seconds });
  return (
    <div class="flash-bar">
      <p>{words}</p>
      <button ref={button} type="button" class="stop" onClick={props.stop}>
        {say('flash.stop')}
      </button>
    </div>
  );
}
