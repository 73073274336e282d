// Uploads, in Simplified Chinese.
import type en from '../en/upload';

export default {
  upload: '上传',
  dropHere: '松开以上传 DICOM 文件、文件夹或 ZIP',
  uploading: '正在上传…',
  done: '上传完成',
  progress: '上传进度',
  facts: '{files} 个文件 · {done} / {total}',
  studies: { one: '{n} 项检查', other: '{n} 项检查' },
  stored: '已存储',
  duplicate: '已存在',
  keptOther: '另存：UID 相同但内容不同',
  skipped: '已跳过',
  failed: '失败',
  stop: '停止',
  retry: '重试',
  close: '关闭',
  moreProblems: '……以及另外 {n} 个',
  stopped: '发送前已停止。',
  lineBroke: '连接中断。',
  refused: '归档服务拒绝了上传（{status}）。',
} satisfies Record<keyof typeof en, unknown>;
