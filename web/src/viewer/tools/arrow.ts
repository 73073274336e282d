// What is to be seen there? An arrow with words.
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const arrow = tool({ id: 'arrow', key: 'n', kind: 'measure', label: () => t('arrow'), icon: 'M16.500 3.500L5 15M5 8.500V15h6.500' });
