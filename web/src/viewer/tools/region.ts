// How is the window set by what a rectangle contains?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const region = tool({ id: 'region', key: 'u', kind: 'image', label: () => t('toolRegion'), icon: 'M3 3h14v14H3zM10 6a4 4 0 1 0 0 8z' });
