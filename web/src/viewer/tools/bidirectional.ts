// How long and how wide is it? The longest diameter and the one across it (RECIST).
import { t } from '../../i18n/viewer';
import { tool } from './tool';

export const bidirectional = tool({ id: 'bidirectional', key: 'b', kind: 'measure', label: () => t('bidirectional'), icon: 'M3 17L17 3M6 7l7 7M2.500 14.500l3 3M14.500 2.500l3 3' });
