// The header view, in Simplified Chinese.
import type en from '../en/header';

export default {
  title: '文件头',
  find: '按标签、名称或值查找',
  previous: '上一个对象',
  next: '下一个对象',
  place: '第 {at} / {n} 个',
  download: '下载',
  found: { one: '{n} 个元素', other: '{n} 个元素' },
  tag: '标签',
  vr: 'VR',
  name: '名称',
  value: '值',
  item: '条目 {n}',
  none: '没有匹配的元素。',
  tooMany: '还有 {n} 个元素：请用搜索查找。',
} satisfies Record<keyof typeof en, unknown>;
