// Which words does the page say, in English and Simplified Chinese?
const en = { search: 'Search studies', name: 'Patient', id: 'Patient ID', date: 'Date', modality: 'Modality', description: 'Description', accession: 'Accession', images: 'Images', count: 'studies', empty: 'No study matches.', failed: 'The archive did not answer:', previous: 'Previous', next: 'Next' };
export const texts: Record<'en' | 'zh', Record<keyof typeof en, string>> = {
  en,
  zh: { search: '搜索检查', name: '患者', id: '患者编号', date: '日期', modality: '设备类型', description: '描述', accession: '检查号', images: '图像数', count: '项检查', empty: '没有匹配的检查。', failed: '归档没有应答：', previous: '上一页', next: '下一页' },
};
