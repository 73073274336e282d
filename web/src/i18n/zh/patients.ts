// 患者页面，简体中文。
import type en from '../en/patients';

export default {
  title: '患者',
  search: '姓名开头或患者 ID',
  count: '{n} 位患者',
  name: '姓名',
  id: '患者 ID',
  birth: '出生日期',
  sex: '性别',
  studies: '检查',
  noName: '无姓名',
  noDescription: '无描述',
  nImages: '{n} 幅图像',
  open: '打开',
  none: '没有匹配的患者。',
  more: '显示更多（还有 {n} 位）',
} satisfies Record<keyof typeof en, unknown>;
