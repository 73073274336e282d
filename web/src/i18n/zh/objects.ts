// Objects over and beside images, in Simplified Chinese.
import type en from '../en/objects';

export default {
  layers: '图像上的对象',
  close: '关闭列表',
  noLayers: '图像上没有叠加对象。请在序列列表中选择分割、结构集或剂量。',
  noImagesBelow: '此对象所属的图像不在已打开的检查中。',
  segmentation: '分割',
  structures: '结构集',
  dose: '剂量',
  removeLayer: '移除此叠加对象',
  loading: '正在加载',
  opacity: '不透明度',
  showAll: '全部显示',
  showItem: '显示 {name}',
  jumpTo: '跳转到最大层面',
} satisfies Record<keyof typeof en, unknown>;
