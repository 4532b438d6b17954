/** What `/metrics` says: names of metrics as queries use them, and how many label sets there are. */
export interface Exposition {
  readonly names: ReadonlySet<string>;
  /** Label sets over all metrics; a histogram's set counts once, not for each bucket. */
  readonly labelSets: number;
  readonly lines: number;
  readonly text: string;
}

const suffixes = ['_bucket', '_sum', '_count'];

export function expositionIn(text: string): Exposition {
  const names = new Set<string>();
  const sets = new Set<string>();
  const histograms = new Set<string>();
  const lines = text.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    const [, declared, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared !== undefined) {
      if (kind === 'histogram') histograms.add(declared);
      for (const suffix of kind === 'histogram' ? suffixes : ['']) names.add(`${declared}${suffix}`);
    }
    const [, name = '', labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === '' || line.startsWith('#')) continue;
    const base = suffixes
      .map((end) => name.replace(new RegExp(`${end}$`), ''))
      .find((one) => histograms.has(one));
    sets.add(`${base ?? name}{${labels.replace(/(^|,)le="[^"]*"/, '').replace(/^,/, '')}}`);
  }
  return { names, labelSets: sets.size, lines: lines.length, text };
}

/** Names of metrics in a query: what stands before braces, brackets or operators, and is neither a word of the language nor a label. */
export function metricsIn(query: string): string[] {
  const plain = query
    .replace(/"[^"]*"/g, '""')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\{[^}]*\}/g, '');
  return [...plain.matchAll(/\b[a-z_][a-z0-9_]*\b(?!\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !words.has(name));
}

const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'h', 'm', 's', 'd']);
