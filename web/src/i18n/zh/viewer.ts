// The viewer, in Simplified Chinese.
import type en from '../en/viewer';

export default {
  back: '返回检查列表',
  picture: '检查图像',
} satisfies Record<keyof typeof en, unknown>;
