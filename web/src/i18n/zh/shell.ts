// The frame around every page, in Simplified Chinese.
import type en from '../en/shell';

export default {
  skip: '跳到内容',
  navigation: '主导航',
  studies: '检查',
  viewer: '阅片',
  settingsMenu: '外观与语言',
  language: '语言',
  theme: '主题',
  themeSystem: '跟随系统',
  themeLight: '浅色',
  themeDark: '深色',
  keys: '键盘快捷键',
  keysEverywhere: '所有页面',
  keyHelp: '显示本表',
  keyBack: '关闭或返回',
  close: '关闭',
  notFound: '没有这个页面。',
  toStudies: '返回检查列表',
  failedView: '无法加载此页面。',
  reload: '重新加载',
  loading: '正在加载…',
  notices: '通知',
  offline: '归档服务没有应答。',
  badAnswer: '归档服务返回错误（{status}）。',
} satisfies Record<keyof typeof en, unknown>;
