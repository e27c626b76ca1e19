/**
 * Evens out how a phrase is written, in the spirit of SQuAD's `normalize_answer` (Rajpurkar et al. 2016): Unicode NFKC, case, typographic
 * signs, English articles, punctuation and white space. Departs from it where punctuation carries meaning: the point between
 * digits, the sign before them, %, &, @, and # or + behind a letter (C#, C++) stay; a comma between digits goes without
 * leaving a space. Articles alone stay what they are.
 */
export function evenOut(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2010-\u2015\u2212]/gu, '-')
    .replace(/['\u2018\u2019\u02bc`\u00b4]/gu, '')
    .replace(/(?<=(?<![\p{L}\p{N}])\p{L})\.(?=\p{L}(?![\p{L}\p{N}]))/gu, '')
    .replace(/(?<=\d),(?=\d{3}(?!\d))/gu, '')
    .replace(/(?<=[\p{L}+])#(?!\p{L})/gu, '\ue000')
    .replace(/(?<=\d)([.:])(?=\d)/gu, (_, sign: string) => (sign === '.' ? '\ue001' : '\ue002'))
    .replace(/(?<![\p{L}\p{N}])-(?=[\d.])/gu, '\ue003')
    .replace(/(?!%|&|@)[\p{P}\p{C}^](?<![\ue000-\ue003])/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  const withoutArticles = plain
    .split(' ')
    .filter((word) => word !== 'a' && word !== 'an' && word !== 'the')
    .join(' ')
  return withoutArticles === '' ? plain : withoutArticles
}

/** Whether a phrase stands in a text, both evened out, at the bounds of words. */
export function containsPhrase(text: string, phrase: string): boolean {
  return phrase !== '' && ` ${text} `.includes(` ${phrase} `)
}
