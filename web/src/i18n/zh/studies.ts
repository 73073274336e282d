// The study list, in Simplified Chinese.
import type en from '../en/studies';

export default {
  search: '搜索检查',
  name: '患者',
  id: '患者编号',
  date: '日期',
  modality: '设备类型',
  description: '描述',
  accession: '检查号',
  images: '图像数',
  count: '项检查',
  empty: '没有匹配的检查。',
  failed: '归档没有应答：',
  previous: '上一页',
  next: '下一页',
} satisfies Record<keyof typeof en, unknown>;
