// What is inside a rectangle: area, mean, deviation, extremes?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const rectangle = tool({ id: 'rectangle', key: 'r', kind: 'measure', label: () => t('rectangle'), icon: 'M3 5h14v10H3z' });
