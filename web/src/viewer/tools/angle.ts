// Which angle do three points make?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const angle = tool({ id: 'angle', key: 'a', kind: 'measure', label: () => t('angle'), icon: 'M16 16H3L13 4M9 16a6 6 0 0 0-2.300-4.500' });
