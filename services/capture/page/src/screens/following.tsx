import type { VisitStage } from '../live-channel.ts';
import type { Say } from '../texts/catalogue.ts';
import '../style/handoff.css';
import { DoorIcon } from '../icons.tsx';
import { Heading } from './heading.tsx';

interface FollowingProps {
  /** How far the other device is. */
  readonly stage: VisitStage;
  readonly say: Say;
  readonly takeOver: () => void;
  readonly canTakeOver: boolean;
}

const order: readonly VisitStage[] = ['opened', 'looking', 'checking'];

/** What happens on the other device, as it happens. */
export function Following({ stage, say, takeOver, canTakeOver }: FollowingProps) {
  const reached = order.indexOf(stage);
  return (
    <>
      <div class="scroll following">
        {stage === 'left' ? (
          <div class="symbol warn">
            <DoorIcon />
          </div>
        ) : null}
        <Heading>{say(stage === 'left' ? 'following.left' : 'following.title')}</Heading>
        <p>{say(stage === 'left' ? 'following.left_body' : 'following.body')}</p>
        {stage === 'left' ? null : (
          <ol class="stages">
            {order.map((each, index) => (
              <li
                key={each}
                class={index < reached ? 'done' : index === reached ? `now ${each}` : undefined}
                aria-current={index === reached ? 'step' : undefined}
              >
                {say(`following.${each}`)}
              </li>
            ))}
          </ol>
        )}
        <p class="for-readers" role="status">
          {say(`following.${stage}`)}
        </p>
      </div>
      <div class="actions">
        {canTakeOver ? (
          <button type="button" class={stage === 'left' ? 'primary' : 'secondary'} onClick={takeOver}>
            {say('following.here')}
          </button>
        ) : null}
      </div>
    </>
  );
}
