/** Whole numbers, of which there may be tens of millions. */
export class NumberList {
  length = 0;
  private numbers = new Int32Array(1 << 16);

  push(number: number): void {
    if (this.length === this.numbers.length) {
      const grown = new Int32Array(this.numbers.length * 2);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers[this.length++] = number;
  }

  at(index: number): number {
    return this.numbers[index]!;
  }
}
