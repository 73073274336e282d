// The page of other archives, in Simplified Chinese.
import type en from '../en/remote';

export default {
  title: '其他归档',
  origin: '归档',
  asking: '正在查询…',
  count: { one: '{n} 项检查', other: '{n} 项检查' },
  sources: '要查询的归档',
  noRemotes: '尚未登记其他归档。',
  toDevices: '到“设备”页登记',
  none: '没有找到任何检查。',
  narrow: '请输入要查找的内容：姓名、编号、日期或设备类型。',
  panel: '其他归档中的检查',
  close: '关闭',
  here: '已在本地',
  open: '打开',
  again: '重新取回',
  fetch: '取回',
  fetchOpen: '取回并打开',
  fetching: '正在取回',
  fetched: '已取回',
  jobs: '任务',
  nSeries: { one: '{n} 个序列', other: '{n} 个序列' },
} satisfies Record<keyof typeof en, unknown>;
