/** The id of the try that is not answered yet; a reloaded page goes on with it instead of spending another attempt. */
export interface AttemptIds {
  /** The open id, a new one when there is none. */
  current(): string;
  /** The try was answered: the next one is another. */
  settle(): void;
}

/** Remembers the open attempt of one session for this tab, where the browser lets it. */
export function attemptIds(key: string): AttemptIds {
  let open: string | null = null;
  let isRecalled = false;
  return {
    current() {
      if (!isRecalled) open = recall(key);
      isRecalled = true;
      open ??= crypto.randomUUID();
      remember(key, open);
      return open;
    },
    settle() {
      isRecalled = true;
      open = null;
      remember(key, null);
    },
  };
}

// An embedded page may be denied its storage; then a reload simply begins another attempt.
function recall(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, id: string | null): void {
  try {
    if (id === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, id);
  } catch {
    // See recall.
  }
}
