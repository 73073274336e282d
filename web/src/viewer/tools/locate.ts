// How is a place shown in all series at once? Point to it: every cell of the same frame of reference goes there.
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const locate = tool({ id: 'locate', key: 't', kind: 'own', label: () => t('toolLocate'), icon: 'M10 2.500v6M10 11.500v6M2.500 10h6M11.500 10h6M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8' });
