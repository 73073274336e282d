// The editor of hanging protocols, in Simplified Chinese.
import type en from '../en/hanging';

export default {
  title: '悬挂协议',
  explained: '打开检查时，列表中第一个匹配的协议决定序列的排列。更改立即保存在此浏览器中。',
  none: '尚无协议：检查按默认规则排列。',
  fits: '适合此检查',
  unnamed: '未命名',
  fromView: '按当前显示新建',
  name: '名称',
  modality: '影像类型',
  bodyPart: '检查部位',
  atLeast: '最少序列数',
  atMost: '最多序列数',
  any: '不限',
  layout: '行 × 列',
  cells: '各格内容',
  cell: '第 {n} 格',
  words: '第 {n} 格：序列描述中的词',
  modalityOf: '第 {n} 格：影像类型',
  nextSeries: '下一序列',
  prior: '取自最近的既往检查',
  earlier: '优先级上移',
  later: '优先级下移',
  tryIt: '用于当前检查',
  remove: '删除',
  done: '完成',
} satisfies Record<keyof typeof en, unknown>;
