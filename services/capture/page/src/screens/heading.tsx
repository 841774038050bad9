import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A screen's title. It takes the focus when its screen appears, so that everybody begins there, at the top. */
export function Heading({ children, hidden }: { children: ComponentChildren; hidden?: boolean }) {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    element.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={element} tabIndex={-1} class={hidden === true ? 'for-readers' : undefined}>
      {children}
    </h1>
  );
}
