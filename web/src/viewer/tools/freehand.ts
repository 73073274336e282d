// What is inside a free line: area, mean, deviation, extremes?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const freehand = tool({ id: 'freehand', key: 'h', kind: 'measure', label: () => t('freehand'), icon: 'M5 14C2 10 5 4 9 5s4-2 7 1 1 8-3 8-3 3-8 0' });
