import { useEffect, useState } from 'preact/hooks';

/** Whether the browser knows that it has no network, as soon as it does. It may believe in one that leads nowhere. */
export function useOffline(): boolean {
  const [isOffline, setOffline] = useState(navigator.onLine === false);
  useEffect(() => {
    const look = () => setOffline(navigator.onLine === false);
    look();
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return isOffline;
}
