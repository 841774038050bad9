import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A screen's title. It takes the focus when its screen appears, so that a screen reader begins there. */
export function Heading({ children, hidden }: { children: ComponentChildren; hidden?: boolean }) {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => element.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={element} tabIndex={-1} class={hidden === true ? 'for-readers' : undefined}>
      {children}
    </h1>
  );
}
