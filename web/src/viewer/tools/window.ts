// How does the mouse change brightness and contrast? Sideways the width, up and down the centre of the window.
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const window = tool({ id: 'window', key: 'w', kind: 'image', label: () => t('toolWindow'), icon: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14' });
