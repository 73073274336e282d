// How long is it? Two points, in mm where a pixel has a size.
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const length = tool({ id: 'length', key: 'l', kind: 'measure', label: () => t('length'), icon: 'M3.500 16.500l13-13M2.500 13.500l4 4M13.500 2.500l4 4' });
