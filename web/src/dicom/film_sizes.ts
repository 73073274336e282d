// Which sizes do films have, and how are they said (PS3.3 C.13.3)?
export const FILM_SIZES = ['8INX10IN', '8_5INX11IN', '10INX12IN', '10INX14IN', '11INX14IN', '11INX17IN', '14INX14IN', '14INX17IN', '24CMX24CM', '24CMX30CM', 'A4', 'A3'];

/** Say a film size as people do: 14INX17IN is 14 × 17 in. */
export function shownSize(size: string): string {
  const found = /^([\d_]+)(IN|CM)X([\d_]+)(?:IN|CM)$/.exec(size);
  if (!found) return size;
  return `${found[1]!.replace('_', '.')} × ${found[3]!.replace('_', '.')} ${found[2]!.toLowerCase()}`;
}
