import type { ConsentView } from '../../src/consent-wire.ts';
import type { ConsentConductor } from '../consent/conductor.ts';
import type { State } from '../consent/flow.ts';
import type { ConsentFixture } from './fixture-parts.ts';

/** As the share service may say it. */
const consent: ConsentView = {
  consent_id: '33333333-3333-4333-8333-333333333333',
  status: 'asked',
  application_name: 'Northwind',
  audience_name: 'Contoso Bank',
  language: 'en',
  text: {
    title: 'May Contoso Bank have the result of your identity check?',
    lines: [
      { label: 'From whom, to whom', texts: ['Northwind gives it to Contoso Bank.'] },
      { label: 'What for', texts: ['To open an account without checking your identity again.'] },
      {
        label: 'What is shared',
        texts: [
          'That your check passed, and when.',
          'The results of its parts, such as whether your face was live.',
          'The first time you sign in to Contoso Bank with a selfie, it may be compared with your face on file at Northwind.',
        ],
      },
      {
        label: 'What is not shared',
        texts: ['Your pictures, your face template, and where you were when you took the selfie.'],
      },
      { label: 'Until when', texts: ['Contoso Bank can obtain it until 28 November 2026, 14:30.'] },
      {
        label: 'How to withdraw',
        texts: ['Open this link again at any time. What Contoso Bank has obtained by then stays there.'],
      },
    ],
    agree: 'Yes, share it',
    refuse: 'No, don’t share it',
    withdraw: 'Withdraw my consent',
    given:
      'Contoso Bank can now obtain your result from Northwind. If you change your mind, open this link again and withdraw.',
    refused: 'Nothing is shared. Northwind is told that you said no.',
    withdrawn: 'Contoso Bank can obtain nothing more by this consent.',
    expired: 'Nobody can obtain anything by this link.',
  },
  nonce: 'a-nonce',
  text_sha256: '00'.repeat(32),
  callback: 'https://app.example/done',
  logo_url: '',
  privacy_policy_url: 'https://app.example/privacy',
};

/** The same from right to left, with names that run the other way. */
const arabic: ConsentView = {
  ...consent,
  language: 'ar',
  text: {
    title: 'هل يمكن إرسال نتيجة التحقق من هويتك إلى \u2068Contoso Bank\u2069؟',
    lines: [
      { label: 'ممن وإلى من', texts: ['من \u2068Northwind\u2069 إلى \u2068Contoso Bank\u2069.'] },
      { label: 'الغرض', texts: ['فتح حساب من دون التحقق من هويتك مرة أخرى.'] },
      {
        label: 'ما الذي يُرسل',
        texts: ['نجاح التحقق ووقته.', 'نتائج أجزائه، مثل ما إذا كان وجهك حيًا.'],
      },
      { label: 'ما الذي لا يُرسل', texts: ['صورك ونموذج وجهك والمكان الذي كنت فيه.'] },
      { label: 'حتى متى', texts: ['حتى 28 نوفمبر 2026، الساعة 14:30.'] },
      { label: 'كيف تسحب موافقتك', texts: ['افتح هذا الرابط مجددًا في أي وقت.'] },
    ],
    agree: 'نعم، أوافق',
    refuse: 'لا، لا أوافق',
    withdraw: 'سحب موافقتي',
    given: 'يمكن الآن إرسال نتيجتك. إن غيّرت رأيك فافتح هذا الرابط مجددًا واسحب موافقتك.',
    refused: 'لن يُرسل شيء.',
    withdrawn: 'لن يُرسل شيء بعد الآن.',
    expired: 'لم يعد هذا الرابط صالحًا لأحد.',
  },
};

const inLanguage = (language: string) => (language === 'ar' ? arabic : consent);

type Changes = Partial<ConsentView>;
type Held = Partial<Pick<ConsentConductor, 'canSign' | 'isArmed'>>;
type Question = Partial<Extract<State, { at: 'question' }>>;

/** The question, held still. */
export const asked = (question: Question = {}, changes: Changes = {}, held: Held = {}): ConsentFixture => ({
  consent: (language) => ({
    at: 'question',
    sending: null,
    problem: null,
    isChanged: false,
    ...question,
    consent: { ...inLanguage(language), ...changes },
  }),
  ...held,
});

/** An answer; `isFresh` goes on to the application. */
export const answered = (
  status: ConsentView['status'],
  how: { isFresh?: boolean; isElsewhere?: boolean } = {},
  changes: Changes = {},
): ConsentFixture => ({
  consent: (language) => ({
    at: 'answered',
    isFresh: false,
    isElsewhere: false,
    ...how,
    consent: { ...inLanguage(language), status, ...changes },
  }),
});

/** Asked back. */
export const withdrawing = (how: { isSending?: boolean; problem?: 'not_sent' } = {}): ConsentFixture => ({
  consent: (language) => ({
    at: 'withdrawing',
    isSending: false,
    problem: null,
    ...how,
    consent: { ...inLanguage(language), status: 'given' },
  }),
});

/** No consent to show. */
export const noConsent = (reason: 'unknown' | 'unavailable' | 'busy', isAsking = false): ConsentFixture => ({
  consent: () => ({ at: 'ended', reason, isAsking }),
});

/** A conductor whose state does not move. */
export function standStill(fixture: ConsentFixture, language: string): ConsentConductor {
  return {
    state: fixture.consent(language),
    canSign: fixture.canSign ?? true,
    isArmed: fixture.isArmed ?? true,
    act: (act) => {
      document.documentElement.dataset.sent = act;
    },
  };
}
