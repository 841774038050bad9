import { useEffect, useState } from 'preact/hooks';
import type { ReceivedWebhook } from './server.ts';

const ROWS = 100;

/** The received webhooks, newest first, as the server sends them; the browser reconnects by itself. */
export function useWebhooks(): { rows: ReceivedWebhook[]; connected: boolean } {
  const [rows, setRows] = useState<ReceivedWebhook[]>([]);
  const [connected, setConnected] = useState(false);

  useEffect(() => {
    const source = new EventSource('/demo/api/webhooks');
    source.onopen = () => setConnected(true);
    source.onerror = () => setConnected(false);
    source.addEventListener('list', (message) => setRows(JSON.parse(message.data)));
    source.addEventListener('webhook', (message) => {
      const row: ReceivedWebhook = JSON.parse(message.data);
      setRows((known) => [row, ...known].slice(0, ROWS));
    });
    return () => source.close();
  }, []);

  return { rows, connected };
}
