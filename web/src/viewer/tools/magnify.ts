// How is a place looked at through a magnifying glass?
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const magnify = tool({ id: 'magnify', key: 'm', kind: 'image', label: () => t('toolMagnify'), icon: 'M8.500 3a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M12.700 12.700L17 17' });
