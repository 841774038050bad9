import { useEffect, useRef, useState } from 'preact/hooks';

const LEAVE = ['didit:completed', 'didit:cancelled', 'didit:close_request'];

/** The hosted page in a frame. It tells its parent how it goes by postMessage; the result is still the webhook's. */
export function Frame({ url, onClose }: { url: string; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  const [event, setEvent] = useState('opening');

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const origin = new URL(url).origin;
    const listen = (message: MessageEvent) => {
      if (message.origin !== origin || message.source !== frame.current?.contentWindow) return;
      const envelope = typeof message.data === 'string' ? parse(message.data) : message.data;
      if (typeof envelope?.type !== 'string') return;
      setEvent(envelope.type);
      if (LEAVE.includes(envelope.type)) dialog.current?.close();
    };
    addEventListener('message', listen);
    return () => removeEventListener('message', listen);
  }, [url]);

  return (
    <dialog ref={dialog} class="frame" aria-label="Face check" onClose={onClose}>
      <div class="frame-bar">
        <span class="mono quiet">{event}</span>
        <button type="button" class="link" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <iframe
        ref={frame}
        src={url}
        title="Face check"
        allow="camera; microphone; fullscreen; autoplay; encrypted-media"
      />
    </dialog>
  );
}

function parse(text: string): { type?: unknown } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
