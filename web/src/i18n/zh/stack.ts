// The stack viewer's menus, in Simplified Chinese.
import type en from '../en/stack';

export default {
  look: '颜色与显示状态',
  colors: '颜色',
  nextColors: '下一种颜色',
  grey: '灰度',
  hotIron: '热铁',
  rainbow: '彩虹',
  viridis: '翠绿',
  inferno: '火焰',
  cool: '冷色',
  overlays: '叠加层与图形',
  states: '显示状态',
  asStored: '原样显示',
  unnamedState: '显示状态 {n}',
  noState: '该显示状态没有涉及本检查中的图像。',
  ownTable: '图像自带查找表 {n}',
} satisfies typeof en;
