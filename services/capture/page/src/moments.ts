/** When things happened on this visit, milliseconds of `performance.now()`, and what the page knows of itself. */
export interface Moments {
  /** The user agreed; a picture was taken. */
  agreedAtMs?: number;
  capturedAtMs?: number;
  /** Of the last look that was sent, kilobits a second. */
  uploadKbps?: number;
  /** The page was opened by the code on another device. */
  readonly isHandedOver: boolean;
}
