/** `1 label`, `2 labels`: for words whose plural is an s. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
