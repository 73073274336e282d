// How does the mouse leaf through a stack?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const scroll = tool({ id: 'scroll', key: 's', kind: 'image', label: () => t('toolScroll'), icon: 'M5 3h10v4H5zM5 9h10v2.5H5zM5 14h10v3H5z' });
