import { gather } from './crowd.ts';
import type { Drill } from './drill.ts';
import { findLosses, type Outcome, sortAsks } from './judgement.ts';
import type { Stage } from './stage.ts';

/** A steady small load: three users at a time. */
const crowdSize = { atOnce: 3, restMs: 1_000 };

/** Practises one bad day on a running system, with users in it, and judges what came of it. */
export async function practise(stage: Stage, drill: Drill, forMs: number): Promise<Outcome> {
  const crowd = await gather(stage.door, crowdSize);
  const ended = stage.ownDeaths.length;
  let byHand: string;
  let healedAfterMs: number;
  try {
    byHand = await drill.hurt(stage, forMs);
    const overMs = performance.now();
    healedAfterMs = (await crowd.well(overMs)) - overMs;
  } finally {
    await crowd.leave();
  }
  const { lost, webhooks } = await findLosses(stage, crowd.journeys);
  const deaths = stage.ownDeaths.slice(ended);
  const { name, what } = drill;
  return {
    name,
    what,
    byHand,
    healedAfterMs,
    webhooks,
    ...sortAsks(crowd.journeys, crowd.glances),
    lost: [...lost, ...deaths],
  };
}
