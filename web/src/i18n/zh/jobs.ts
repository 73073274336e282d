// The page of jobs, in Simplified Chinese.
import type en from '../en/jobs';

export default {
  title: '任务',
  lead: '耗时或对外的工作：发送、取回、校验。任务在重启后会继续。',
  start: '启动',
  startCheck: '校验所有存储对象',
  startPurge: '清除回收站中的过期内容',
  all: '全部任务',
  none: '没有任务。',
  job: '任务',
  state: '状态',
  progress: '进度',
  created: '创建时间',
  actions: '操作',
  waiting: '等待',
  running: '运行中',
  done: '完成',
  failed: '失败',
  cancelled: '已取消',
  attempt: '第 {n} 次失败，{when}重试',
  nFailed: { one: '{n} 个失败', other: '{n} 个失败' },
  cancel: '取消',
  retry: '重试',
} satisfies Record<keyof typeof en, unknown>;
