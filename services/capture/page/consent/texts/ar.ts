import type { OwnTexts } from './catalogues.ts';

/** Arabic. */
export const ar: OwnTexts = {
  page_title: 'موافقتك',
  no_script: 'تحتاج هذه الصفحة إلى JavaScript لتلقي إجابتك.',
  asks: 'يُطلب منك الموافقة من {application}',
  changed: 'تغيّر هذا النص منذ أن فتحت الصفحة. اقرأه مرة أخرى من فضلك.',
  elsewhere: 'سبقت الإجابة عن هذا الطلب.',
  sending: 'جارٍ حفظ إجابتك',
  not_sent: 'لم تصل إجابتك. تحقق من اتصالك ثم اضغط مجددًا.',
  too_many: 'محاولات كثيرة دفعة واحدة. انتظر دقيقة ثم اضغط مجددًا.',
  'no_key.title': 'لا يمكنك الموافقة في هذا المتصفح',
  'no_key.body':
    'لإثبات أنك أنت من أجاب، تحفظ الصفحة مفتاحًا في متصفحك. هذا غير ممكن هنا، كما في نافذة خاصة أو داخل تطبيق آخر. أما الرفض فممكن هنا.',
  'answered.given': 'لقد وافقت',
  'answered.refused': 'لقد رفضت',
  'answered.withdrawn': 'لقد سحبت موافقتك',
  'answered.expired': 'انتهى هذا الطلب',
  details: 'ما وافقت عليه',
  'withdraw.title': 'هل تريد سحب موافقتك؟',
  'withdraw.body':
    'بعد ذلك لن تتمكن {audience} من الحصول على نتائجك. أما ما لدى {audience} بالفعل فيبقى هناك، ولحذفه اطلب ذلك من {audience}.',
  'withdraw.confirm': 'نعم، أسحبها',
  'withdraw.keep': 'لا، أُبقي عليها',
  stay: 'البقاء في هذه الصفحة',
};
