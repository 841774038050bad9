import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { streamName, streamSubjects } from '@selfsame/contracts/catalog';
import type { Rule } from './rules.ts';
import type { StreamSettings } from './settings.ts';

export type StreamPlan = Partial<StreamConfig> & { name: string };

/** An event of the largest size, with its headers. */
const minMessageBytes = 256 * 1024;

/**
 * A new stream. What somebody has not read never leaves it, neither for want of room (`discard: new`) nor for its age
 * (`max_age: 0`): a full stream refuses what is published, which waits in outboxes, and `trim.ts` makes room.
 */
const newStream = {
  name: streamName,
  subjects: [streamSubjects],
  retention: 'limits',
  storage: 'file',
  discard: 'new',
  max_age: 0,
  num_replicas: 1,
  max_bytes: 1024 ** 3,
  duplicate_window: nanos(2 * 60 * 1000),
} satisfies Partial<StreamConfig>;

/** How to make the stream: the defaults, what an operator had changed when it was seen last, what the environment says. */
export function planStream(settings: StreamSettings, seen?: StreamConfig): StreamPlan {
  const kept = seen && {
    num_replicas: seen.num_replicas,
    max_bytes: seen.max_bytes,
    max_msgs: seen.max_msgs,
    duplicate_window: seen.duplicate_window,
  };
  return { ...newStream, ...kept, ...demanded(settings) };
}

function demanded(settings: StreamSettings): Partial<StreamConfig> {
  const { streamReplicas, streamMaxBytes, duplicateWindowSeconds } = settings;
  return {
    ...(streamReplicas !== undefined && { num_replicas: streamReplicas }),
    ...(streamMaxBytes !== undefined && { max_bytes: streamMaxBytes }),
    ...(duplicateWindowSeconds !== undefined && { duplicate_window: nanos(duplicateWindowSeconds * 1000) }),
  };
}

/** What the environment demands, as rules. */
export function settingRules(settings: StreamSettings): Rule<StreamConfig>[] {
  return Object.entries(demanded(settings)).map(([name, value]) => {
    const field = name as keyof StreamConfig;
    return {
      field,
      wanted: `${value}`,
      holds: (config) => config[field] === value,
      mend: { [field]: value },
    };
  });
}

/** What has to be so whatever anybody says: otherwise events would be lost, hidden or refused. */
export const streamRules: readonly Rule<StreamConfig>[] = [
  {
    field: 'subjects',
    wanted: streamSubjects,
    holds: ({ subjects }) => subjects?.length === 1 && subjects[0] === streamSubjects,
  },
  { field: 'retention', wanted: 'limits', holds: ({ retention }) => retention === 'limits' },
  { field: 'storage', wanted: 'file', holds: ({ storage }) => storage === 'file' },
  { field: 'max_consumers', wanted: '-1', holds: ({ max_consumers = -1 }) => max_consumers <= 0 },
  { field: 'sealed', wanted: 'false', holds: ({ sealed }) => !sealed },
  { field: 'deny_purge', wanted: 'false', holds: ({ deny_purge }) => !deny_purge },
  { field: 'deny_delete', wanted: 'false', holds: ({ deny_delete }) => !deny_delete },
  { field: 'mirror', wanted: 'unset', holds: ({ mirror }) => !mirror },
  { field: 'subject_transform', wanted: 'unset', holds: ({ subject_transform }) => !subject_transform },
  { field: 'allow_msg_counter', wanted: 'false', holds: ({ allow_msg_counter }) => !allow_msg_counter },
  { field: 'persist_mode', wanted: 'default', holds: ({ persist_mode }) => persist_mode !== 'async' },
  { field: 'discard', wanted: 'new', holds: ({ discard }) => discard === 'new', mend: { discard: 'new' } },
  {
    field: 'discard_new_per_subject',
    wanted: 'false',
    holds: ({ discard_new_per_subject }) => !discard_new_per_subject,
    mend: { discard_new_per_subject: false },
  },
  {
    field: 'max_age',
    wanted: '0 (see NATS_STREAM_MAX_AGE_HOURS)',
    holds: ({ max_age = 0 }) => max_age === 0,
    mend: { max_age: 0 },
  },
  {
    field: 'max_msgs_per_subject',
    wanted: '-1',
    holds: ({ max_msgs_per_subject = -1 }) => max_msgs_per_subject <= 0,
    mend: { max_msgs_per_subject: -1 },
  },
  {
    field: 'max_msg_size',
    wanted: `-1 or ${minMessageBytes}`,
    holds: ({ max_msg_size = -1 }) => max_msg_size <= 0 || max_msg_size >= minMessageBytes,
    mend: { max_msg_size: -1 },
  },
  { field: 'no_ack', wanted: 'false', holds: ({ no_ack }) => !no_ack, mend: { no_ack: false } },
  {
    field: 'allow_rollup_hdrs',
    wanted: 'false',
    holds: ({ allow_rollup_hdrs }) => !allow_rollup_hdrs,
    mend: { allow_rollup_hdrs: false },
  },
];

/** The share of the tighter limit that is used, 0 to 1; 0 where there is none. */
export function fillOf({ config, state }: StreamInfo): number {
  const share = (used: number, limit: number) => (limit > 0 ? used / limit : 0);
  return Math.max(share(state.bytes, config.max_bytes), share(state.messages, config.max_msgs));
}
