import { ApiCalled } from '../gen/selfsame/audit/v1/events.ts';
import { TemplateEnrolled, TemplateForgotten } from '../gen/selfsame/biometrics/v1/events.ts';
import type { MessageFns } from '../gen/selfsame/capture/v1/events.ts';
import { CaptureCompleted, CaptureProgressed } from '../gen/selfsame/capture/v1/events.ts';
import {
  ErasureConfirmed,
  SessionDeleted,
  SessionStatusChanged,
  SubjectErased,
} from '../gen/selfsame/session/v1/events.ts';
import { ShareRevoked } from '../gen/selfsame/share/v1/events.ts';
import { DeliveryExhausted, DestinationDisabled } from '../gen/selfsame/webhook_dispatcher/v1/events.ts';

/** One kind of fact on the bus: its subject, the service that owns it and the codec of its message. */
export interface EventType<Message> {
  readonly name: string;
  readonly owner: string;
  /** Concrete JetStream subject; one filter subject serves one consumer (nats-server 2.9). */
  readonly subject: string;
  readonly codec: Pick<MessageFns<Message>, 'encode' | 'decode' | 'fromPartial'>;
  /**
   * Of events that tell about a person: the id, a UUID, by which they are found when the person is erased. Absent where an
   * event holds no more than ids.
   */
  readonly about?: (message: Message) => string;
}

const events: { readonly name: string }[] = [];
/** Every kind there is: making one puts it here. */
export const allEvents: readonly { readonly name: string }[] = events;

function eventType<Message>(
  owner: string,
  name: string,
  codec: EventType<Message>['codec'],
  about?: (message: Message) => string,
): EventType<Message> {
  const made = { name, owner, subject: `selfsame.${name}`, codec, ...(about && { about }) };
  events.push(made);
  return made;
}

const ofSession = (message: { sessionId: string }) => message.sessionId;

/** The stream that holds every event. */
export const streamName = 'SELFSAME';
export const streamSubjects = 'selfsame.>';

export const captureCompleted = eventType('capture', 'capture.completed', CaptureCompleted, ofSession);
/** A repeated upload of one attempt is one event. The page chose the attempt's id: only together with its session does it name one. */
export const captureEventId = (sessionId: string, attemptId: string): string => `${sessionId}/${attemptId}`;
export const captureProgressed = eventType('capture', 'capture.progressed', CaptureProgressed);
export const sessionStatusChanged = eventType(
  'session',
  'session.status_changed',
  SessionStatusChanged,
  ofSession,
);
export const sessionDeleted = eventType('session', 'session.deleted', SessionDeleted);
export const subjectErased = eventType(
  'session',
  'subject.erased',
  SubjectErased,
  (message) => message.erasureId,
);
export const templateEnrolled = eventType('biometrics', 'template.enrolled', TemplateEnrolled);
export const templateForgotten = eventType('biometrics', 'template.forgotten', TemplateForgotten);
export const deliveryExhausted = eventType('webhook-dispatcher', 'delivery.exhausted', DeliveryExhausted);
export const destinationDisabled = eventType(
  'webhook-dispatcher',
  'destination.disabled',
  DestinationDisabled,
);
export const shareRevoked = eventType('share', 'share.revoked', ShareRevoked);
/** Of every service that keeps anything about people. */
export const erasureConfirmed = eventType('session', 'erasure.confirmed', ErasureConfirmed);
/** Of every service with public routes. */
export const apiCalled = eventType('session', 'api.called', ApiCalled);

/** Events that tell about people. */
export const personalEvents = [captureCompleted, sessionStatusChanged, subjectErased] as const;
