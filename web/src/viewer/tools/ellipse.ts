// What is inside an ellipse: area, mean, deviation, extremes?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const ellipse = tool({ id: 'ellipse', key: 'e', kind: 'measure', label: () => t('ellipse'), icon: 'M10 5c4.500 0 7.500 2.200 7.500 5s-3 5-7.500 5-7.500-2.200-7.500-5 3-5 7.500-5' });
