import type { OwnTexts } from './catalogues.ts';

/** Simplified Chinese. */
export const zhCN: OwnTexts = {
  page_title: '您的同意',
  no_script: '此页面需要 JavaScript 才能接收您的答复。',
  asks: '{application} 请求您的同意',
  changed: '您打开页面后，内容有所更改。请重新阅读。',
  elsewhere: '此请求已有答复。',
  sending: '正在保存您的答复',
  not_sent: '您的答复未能送达。请检查网络连接，然后再按一次。',
  too_many: '短时间内尝试过多。请等待一分钟，然后再按一次。',
  'no_key.title': '无法在此浏览器中同意',
  'no_key.body':
    '为表明是您本人，此页面会在浏览器中保存一个密钥。在这里无法保存，例如在隐私窗口或其他应用内。您仍可在这里拒绝。',
  'answered.given': '您已同意',
  'answered.refused': '您已拒绝',
  'answered.withdrawn': '您已撤回同意',
  'answered.expired': '此请求已结束',
  details: '您同意的内容',
  'withdraw.title': '要撤回同意吗？',
  'withdraw.body':
    '撤回后，{audience} 将无法再获取您的结果。{audience} 已有的内容会保留；如需删除，请联系 {audience}。',
  'withdraw.confirm': '是，撤回',
  'withdraw.keep': '否，保留',
  stay: '留在此页面',
};
