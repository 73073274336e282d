// How is the image moved?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const pan = tool({ id: 'pan', key: 'p', kind: 'image', label: () => t('toolPan'), icon: 'M10 2.500v15M2.500 10h15M7.500 5L10 2.500 12.500 5M7.500 15L10 17.500 12.500 15M5 7.500L2.500 10 5 12.500M15 7.500l2.500 2.500-2.500 2.500' });
