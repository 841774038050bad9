/**
 * The name under which a face is enrolled: the application's vendor_data, or for a session without one a name of its own,
 * so that the face can be found and goes with the session. No vendor_data holds a NUL, so the two never meet.
 */
export function subjectName(session: { readonly vendorData: string; readonly sessionId: string }): string {
  return session.vendorData === '' ? `\0${session.sessionId}` : session.vendorData;
}
