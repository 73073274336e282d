// Which angle do two lines make that need not meet (Cobb)?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const cobb = tool({ id: 'cobb', key: 'k', kind: 'measure', label: () => t('cobb'), icon: 'M2.500 6l12-3M2.500 14l13 3M10 5v10' });
