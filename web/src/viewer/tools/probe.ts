// Which value has the pixel under the pointer?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const probe = tool({ id: 'probe', key: 'q', kind: 'measure', label: () => t('probe'), icon: 'M10 2.500v5M10 12.500v5M2.500 10h5M12.500 10h5' });
