// The page of settings, in Simplified Chinese.
import type en from '../en/settings';

export default {
  title: '设置',
  lead: '设置在归档启动时读取：依次来自 lumenarc.toml、环境变量和命令行，后者优先。',
  onlyChanged: '只显示与默认值不同的设置',
  find: '查找设置',
  name: '设置项',
  value: '当前值',
  default: '默认值',
  variable: '环境变量',
  changed: '已修改',
  none: '没有匹配的设置。',
} satisfies Record<keyof typeof en, unknown>;
