import type { Random } from './random.ts';

/** One thing that happens to a session; each is one event. */
export type Step =
  | { readonly kind: 'open' | 'leave' | 'selfie' }
  | { readonly kind: 'decide'; readonly status: 'Approved' | 'Declined' | 'Resubmitted' };

type Status = 'Not Started' | 'In Progress' | 'Abandoned' | 'Approved' | 'Declined' | 'Resubmitted';

const selfieShare = 0.02;

/** What happens to one session after its creation, up to twenty steps that its state machine permits. */
export function sessionScript(random: Random): Step[] {
  const hasSelfie = random.next() < selfieShare;
  const length = 2 + random.integer(19);
  const steps: Step[] = [];
  let status: Status = 'Not Started';
  while (steps.length < length) {
    const step = nextStep(status, hasSelfie, random);
    steps.push(step);
    status = statusAfter(step);
    // What the face decides is not known here: the rest is by hand, from whatever it became.
    if (step.kind === 'selfie') return [...steps, ...bothWays(random.integer(3))];
  }
  return steps;
}

function nextStep(status: Status, hasSelfie: boolean, random: Random): Step {
  switch (status) {
    case 'Not Started':
      return { kind: 'open' };
    case 'In Progress':
      return { kind: hasSelfie ? 'selfie' : 'leave' };
    case 'Abandoned':
      return random.next() < 0.45
        ? { kind: 'open' }
        : decision(random, ['Approved', 'Declined', 'Resubmitted']);
    case 'Approved':
      return decision(random, ['Declined', 'Declined', 'Resubmitted']);
    case 'Declined':
      return decision(random, ['Approved', 'Approved', 'Resubmitted']);
    case 'Resubmitted':
      return random.next() < 0.6 ? { kind: 'open' } : decision(random, ['Approved', 'Declined']);
    default:
      return status satisfies never;
  }
}

function statusAfter(step: Step): Status {
  if (step.kind === 'decide') return step.status;
  return step.kind === 'leave' ? 'Abandoned' : 'In Progress';
}

function decision(random: Random, statuses: readonly ('Approved' | 'Declined' | 'Resubmitted')[]): Step {
  return { kind: 'decide', status: random.pick(statuses) };
}

/** A good face was Approved. */
function bothWays(times: number): Step[] {
  return Array.from({ length: times }, (_, index) => ({
    kind: 'decide' as const,
    status: index % 2 === 0 ? 'Declined' : 'Approved',
  }));
}
