// An empty archive, in Simplified Chinese.
import type en from '../en/welcome';

export default {
  title: '导入第一批图像',
  lead: '归档中还没有图像。有三种导入方式。',
  drop: '拖放文件',
  dropText: '将 DICOM 文件、文件夹或 ZIP 压缩包拖到本页任意位置，或点击选择。',
  files: '选择文件',
  folder: '选择文件夹',
  device: '从设备发送',
  deviceText: 'AE 标题 {aet}，主机 {host}，端口 {port}。使用 DCMTK 或 dcm4che：',
  deviceHint: '其他机器上的设备需在“设备”页登记；被拒绝的设备会出现在那里，点击一次即可登记。',
  command: '使用命令行',
  commandText: '在归档所在机器上执行，或通过 HTTP 从任意位置上传：',
  samplesText: '只是想先看看？',
  samples: '加载样例检查',
  making: '正在生成…',
  loaded: { one: '已加载 {n} 项样例检查。', other: '已加载 {n} 项样例检查。' },
} satisfies Record<keyof typeof en, unknown>;
