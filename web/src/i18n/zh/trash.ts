// The trash, in Simplified Chinese.
import type en from '../en/trash';

export default {
  title: '回收站',
  lead: '已删除的内容在保留期内保存在此，之后将被永久删除。',
  restore: '恢复',
  purge: '永久删除',
  purgeTitle: { one: '永久删除 {n} 项？', other: '永久删除 {n} 项？' },
  purgeText: '此操作无法撤销。',
  purged: { one: '已永久删除 {n} 项。', other: '已永久删除 {n} 项。' },
  restored: { one: '已恢复 {n} 个对象。', other: '已恢复 {n} 个对象。' },
  left: { one: '有 {n} 个因期间被重新存储而未恢复。', other: '有 {n} 个因期间被重新存储而未恢复。' },
  none: '回收站是空的。',
  all: '全选',
  one: '选择 {name}',
  what: '内容',
  study: '检查',
  series: '序列',
  image: '对象',
  patient: '患者',
  studyDate: '检查日期',
  objects: '对象数',
  deleted: '删除时间',
  until: '保留至',
  more: '显示更多（剩余 {n} 项）',
} satisfies Record<keyof typeof en, unknown>;
