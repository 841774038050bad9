import { sql } from 'kysely';

/** An attempt that the receiver did not take: anything but 2xx. The index attempts_failed has the same condition. */
export const isFailure = sql<boolean>`(response_status IS NULL OR response_status < 200 OR response_status >= 300)`;

/** Failed as the /v3 contract counts: 400 and above, or no answer. */
export const isContractFailure = sql<boolean>`(response_status IS NULL OR response_status >= 400)`;
