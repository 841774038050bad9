import type { OwnTexts } from './catalogues.ts';

/** Korean. */
export const ko: OwnTexts = {
  page_title: '동의',
  no_script: '답변을 받으려면 이 페이지에 JavaScript가 필요합니다.',
  asks: '{application}에서 동의를 요청합니다',
  changed: '페이지를 여신 뒤 내용이 바뀌었습니다. 다시 읽어 주세요.',
  elsewhere: '이미 답변하신 요청입니다.',
  sending: '답변을 저장하는 중',
  not_sent: '답변이 전달되지 않았습니다. 연결을 확인하고 다시 눌러 주세요.',
  too_many: '한꺼번에 너무 많이 시도했습니다. 1분 정도 기다렸다가 다시 눌러 주세요.',
  'no_key.title': '이 브라우저에서는 동의할 수 없습니다',
  'no_key.body':
    '본인임을 보이기 위해 이 페이지는 브라우저에 키를 보관합니다. 시크릿 창이나 다른 앱 안에서처럼 여기서는 그렇게 할 수 없습니다. 거절은 여기서도 할 수 있습니다.',
  'answered.given': '동의하셨습니다',
  'answered.refused': '거절하셨습니다',
  'answered.withdrawn': '동의를 철회하셨습니다',
  'answered.expired': '이 요청은 끝났습니다',
  details: '동의하신 내용',
  'withdraw.title': '동의를 철회할까요?',
  'withdraw.body':
    '철회하면 {audience}에서 더 이상 결과를 받을 수 없습니다. {audience}에 이미 있는 정보는 그대로 남습니다. 삭제는 {audience}에 요청해 주세요.',
  'withdraw.confirm': '예, 철회합니다',
  'withdraw.keep': '아니요, 유지합니다',
  stay: '이 페이지에 머무르기',
};
