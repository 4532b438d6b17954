import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** One element of a parsed document. */
export interface ParsedElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly ParsedElement[];
  /** Its text without that of its children. */
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: 1e6, maxExpandedLength: 1e8 },
});

/** The root element. @throws Error when the document is not well-formed */
export function parsedXml(xml: string): ParsedElement {
  const verdict = XMLValidator.validate(xml);
  if (verdict !== true) throw new Error(`${verdict.err.msg} in line ${verdict.err.line}`);
  const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(xml);
  if (forbidden !== null) throw new Error(`forbidden character at ${forbidden.index}`);
  const roots = elementsOf(parser.parse(xml) as Node[]).filter(({ name }) => !name.startsWith('?'));
  if (roots.length !== 1) throw new Error(`expected one root, found ${roots.length}`);
  return roots[0]!;
}

/** All elements of a name below an element, in document order. */
export function allNamed(element: ParsedElement, name: string): ParsedElement[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...allNamed(child, name),
  ]);
}

type Node = Readonly<Record<string, unknown>>;

function elementsOf(nodes: readonly Node[]): ParsedElement[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
    if (name === undefined) return [];
    const inner = node[name] as Node[];
    return [
      {
        name,
        attributes: (node[':@'] ?? {}) as Record<string, string>,
        children: elementsOf(inner),
        text: inner.map((one) => (typeof one['#text'] === 'string' ? one['#text'] : '')).join(''),
      },
    ];
  });
}
