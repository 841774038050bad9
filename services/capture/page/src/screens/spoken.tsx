import { useEffect, useRef, useState } from 'preact/hooks';

/** Words for screen readers, politely, and so seldom that each can be heard: the last of several that come too fast. */
export function Spoken({ text, everyMs }: { text: string; everyMs: number }) {
  const [spoken, setSpoken] = useState('');
  const lastAtMs = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const speak = () => {
      lastAtMs.current = performance.now();
      setSpoken(text);
    };
    const waitMs = Math.max(0, lastAtMs.current + everyMs - performance.now());
    const timer = setTimeout(speak, waitMs);
    return () => clearTimeout(timer);
  }, [text, everyMs]);
  return (
    <span class="for-readers" role="status">
      {spoken}
    </span>
  );
}
