import { Failure } from '@selfsame/runtime/errors';
import { createSlots } from './domain/slots.ts';

/**
 * Does work that an application waits for, unless too much of it is under way.
 *
 * @throws Failure `too_many_by_hand`
 */
export type ByHand = <Result>(applicationId: string, work: () => Promise<Result>) => Promise<Result>;

/** Each holds a request, and a socket for as long as its receiver thinks; in one process. */
const limits = { total: 128, perApplication: 8 } as const;

/** Bounds what is sent because somebody asked for it: it passes by the slots of the schedule. */
export function createByHand(): ByHand {
  const slots = createSlots(limits.total, limits.perApplication);
  return async (applicationId, work) => {
    if (!slots.take(applicationId)) {
      throw new Failure(
        'exhausted',
        'too_many_by_hand',
        'Too many webhooks are being sent by hand. Try again in a few seconds.',
      );
    }
    try {
      return await work();
    } finally {
      slots.giveBack(applicationId);
    }
  };
}
