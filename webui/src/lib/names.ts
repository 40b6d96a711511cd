/** The name itself, or the first of name_2, name_3, … that is not taken. */
export function freeName(name: string, taken: string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}

/** A text as a name that addresses can hold: small letters, digits and _, beginning with a letter. */
export function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[^a-z]+|_+$/g, '');
  return plain.slice(0, 40) || 'data';
}
