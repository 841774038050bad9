/** Every status a session can have, exactly as the /v3 contract spells it. */
export const statuses = [
  'Not Started',
  'In Progress',
  'Awaiting User',
  'In Review',
  'Approved',
  'Declined',
  'Resubmitted',
  'Expired',
  'Kyc Expired',
  'Abandoned',
  'Not Finished',
] as const;

export type Status = (typeof statuses)[number];

/** What evidence can lead to. */
export const verdicts = ['Approved', 'Declined', 'In Review'] as const satisfies readonly Status[];
export type Verdict = (typeof verdicts)[number];

/** What an application may set by hand. */
export const settableStatuses = ['Approved', 'Declined', 'Resubmitted'] as const;
export type SettableStatus = (typeof settableStatuses)[number];

/** Statuses that an application may change by hand; the order is the one of the refusal's text. */
export const changeableStatuses = [
  'Approved',
  'Declined',
  'In Review',
  'Kyc Expired',
  'Abandoned',
  'Resubmitted',
] as const satisfies readonly Status[];

/**
 * Sessions that still wait for their user: a new request for the same person returns them, and the sweeper ends them
 * when their time is over.
 */
export const unfinishedStatuses = [
  'Not Started',
  'In Progress',
  'Awaiting User',
  'Resubmitted',
  'Not Finished',
] as const satisfies readonly Status[];

/** Statuses whose events carry the decision even when no step has a result. */
export const decidedStatuses = [
  'Approved',
  'Declined',
  'In Review',
  'Abandoned',
] as const satisfies readonly Status[];

/** Whether `status` is one of `group`, for groups narrower than Status. */
export function isOneOf<T extends Status>(group: readonly T[], status: Status): status is T {
  return (group as readonly Status[]).includes(status);
}
