import type { Texts } from './texts.ts';

export const en: Texts = {
  pageTitle: 'Selfie check',
  leave: 'Leave',
  tryAgain: 'Try again',
  done: 'Done',
  backTo: (application) => `Back to ${application}`,
  poweredBy: 'Secured by',
  loading: 'One moment',
  welcome: {
    asks: (application) => `${application} asks for a selfie`,
    titleMatch: 'Confirm it’s you',
    titleEnrol: 'Set up your selfie sign-in',
    titleCheck: 'Show that you’re here',
    look: { title: 'Look at the camera', body: 'One picture, taken for you.' },
    check: { title: 'We check it', body: 'Is a real person here?' },
    checkMatch: 'Is it really you, here and now?',
    finish: {
      title: 'You’re done',
      body: 'You see the result right away.',
      named: (application) => `The result goes to ${application}.`,
    },
    privacyTitle: 'Your picture is not kept',
    compared: (application) =>
      `Your face may be compared with faces that ${application} already knows, to prevent double accounts.`,
    notKept: 'It is deleted after the check.',
    onlyResult: 'Only the result of the check is stored.',
    templateKept: (application) =>
      `For your next sign-in, ${application} keeps a protected face template, not a picture. You can have it deleted.`,
    agree: 'Agree and continue',
  },
  asking: {
    title: 'Allow the camera',
    body: 'Your browser asks for permission. Choose “Allow” to continue.',
  },
  trouble: {
    refused: {
      title: 'The camera is blocked',
      body: 'Open the site settings next to the address bar, set Camera to “Allow”, then try again.',
    },
    absent: {
      title: 'No camera found',
      body: 'Connect a camera and try again, or open this link on your phone.',
    },
    in_use: {
      title: 'The camera is busy',
      body: 'Another app or tab is using it. Close that one, then try again.',
    },
    stopped: { title: 'The camera has stopped', body: 'Check that it is connected, then try again.' },
    embedded: {
      title: 'The camera is blocked here',
      body: 'This page is shown inside another one that does not let it use the camera. Open it in a tab of its own.',
    },
    unsupported: {
      title: 'This browser can’t use the camera',
      body: 'Open the link in an up-to-date Chrome, Safari, Firefox or Edge.',
    },
    openTab: 'Open in a new tab',
  },
  hints: {
    position: 'Fit your face in the oval',
    alone: 'Only one face in the picture',
    closer: 'Come a little closer',
    back: 'Move back a little',
    centre: 'Move to the centre',
    light: 'Find more light',
    glare: 'Turn away from bright light',
    still: 'Hold still',
    good: 'Perfect, stay like this',
    manual: 'Ready? Press the button',
  },
  stage: 'Camera picture',
  shutter: 'Take the picture',
  uploading: 'Sending securely',
  checking: 'Checking',
  waitingForLink: 'Connection lost. Your picture is sent as soon as it is back.',
  stuck: {
    title: 'That didn’t get through',
    body: 'Check your connection and try again. You don’t need a new picture.',
  },
  again: {
    title: 'Let’s take another one',
    triesLeft: (tries) => (tries === 1 ? 'One try left' : `${tries} tries left`),
  },
  problems: {
    no_face: 'We couldn’t see a face. Keep it inside the oval and take off anything that covers it.',
    multiple_faces: 'There was more than one face. Make sure you’re alone in the picture.',
    too_small: 'You were too far away. Come closer until your face fills the oval.',
    too_dark: 'It was too dark. Face a window or a lamp.',
    too_bright: 'It was too bright. Turn away from the strong light.',
    turned_away: 'Your face was turned. Look straight into the camera.',
    low_quality: 'The picture wasn’t clear enough. Wipe the lens and find better light.',
    blurred: 'The picture was blurred. Wipe the lens and hold still.',
    covered: 'Something covered your face. Take off sunglasses, mask or hat.',
  },
  locked: {
    title: 'Too many attempts',
    wait: (time, wait) => `You can try again ${wait}, from ${time} on.`,
    over: 'You can try again now.',
  },
  deciding: {
    title: 'Almost there',
    body: 'Your picture has arrived. The result takes a moment longer than usual.',
  },
  approved: {
    title: 'You’re confirmed',
    body: (application) => `Carry on in ${application}.`,
    enrolled: (application) => `From now on, a selfie signs you in to ${application}.`,
  },
  inReview: {
    title: 'We’re taking a closer look',
    body: (application) =>
      `A person reviews this. You don’t need to do anything: ${application} will tell you.`,
  },
  declined: {
    title: 'We couldn’t confirm it’s you',
    matched: (application) => `Go back to ${application} and use another way to sign in.`,
    body: (application) => `Go back to ${application} to try again or to get help.`,
  },
  finished: {
    title: 'This check is finished',
    body: (application) => `There is nothing left to do here. ${application} has the result.`,
  },
  redirecting: (seconds) => `Continues by itself in ${seconds}`,
  mayClose: 'You can close this page.',
  left: {
    title: 'You’ve left the check',
    body: 'It isn’t finished yet. This link brings you back until it expires.',
    resume: 'Continue the check',
  },
  ended: {
    expired: {
      title: 'This link has expired',
      body: 'Go back to where you came from and ask for a new one.',
    },
    unknown: {
      title: 'This link doesn’t work',
      body: 'Check that it is complete, or ask for a new one where you got it.',
    },
    unavailable: {
      title: 'We can’t reach the service',
      body: 'This is on us, or on your connection. Please try again in a moment.',
    },
    busy: { title: 'Too many tries at once', body: 'Wait a minute, then try again.' },
    slow: {
      title: 'This takes longer than usual',
      body: 'Your picture has arrived safely. You can close this page or look again.',
    },
  },
};
