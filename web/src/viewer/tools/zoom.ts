// How is the image made larger?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const zoom = tool({ id: 'zoom', key: 'z', kind: 'image', label: () => t('toolZoom'), icon: 'M8.500 3a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M12.700 12.700L17 17M8.500 6v5M6 8.500h5' });
