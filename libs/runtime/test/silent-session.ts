import type { SessionServiceImplementation } from '@selfsame/contracts/session/v1/service';

const unused = () => Promise.reject(new Error('not called'));

/** A neighbour none of whose calls is expected: a test replaces those that it makes. */
export const silentSession: SessionServiceImplementation = {
  authenticateKey: unused,
  readSession: unused,
  openSession: unused,
  beginChallenge: unused,
  beginAttempt: unused,
  leaveSession: unused,
  describeSession: unused,
  forgetDevice: unused,
  findApplication: unused,
  exportSession: unused,
  importSession: unused,
};
