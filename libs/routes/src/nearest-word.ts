/** The word of a list that the writer may have meant; undefined when none is near. */
export function nearestWord(written: string, words: readonly string[]): string | undefined {
  const lower = written.toLowerCase();
  const [best] = words
    .map((word) => ({ word, distance: distanceOf(lower, word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return best?.word;
}

/** Letters to insert, remove, replace or swap with their neighbour. */
function distanceOf(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const [above, left, corner] = [
        rows[row - 1]![column]!,
        current[column - 1]!,
        rows[row - 1]![column - 1]!,
      ];
      let least = Math.min(above + 1, left + 1, corner + (isSame ? 0 : 1));
      const isSwapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwapped) least = Math.min(least, rows[row - 2]![column - 2]! + 1);
      current.push(least);
    }
    rows.push(current);
  }
  return rows[one.length]![other.length]!;
}
