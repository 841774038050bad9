import type { ComponentChildren } from 'preact';
import { Heading } from './heading.tsx';

/** One message, one symbol, and what the user can do about it. */
export function NoticeScreen(props: {
  icon: ComponentChildren;
  tone: 'calm' | 'good' | 'warn' | 'bad';
  title: string;
  body: string;
  note?: string | undefined;
  busy?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <>
      <div class="scroll notice">
        <div class={`symbol ${props.tone}${props.busy === true ? ' busy' : ''}`}>{props.icon}</div>
        <Heading>{props.title}</Heading>
        <p>{props.body}</p>
        {props.note === undefined ? null : <p class="note">{props.note}</p>}
      </div>
      <div class="actions">{props.children}</div>
    </>
  );
}
