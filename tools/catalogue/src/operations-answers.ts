import ts from 'typescript';
import { noteOf } from './field-notes.js';

export interface Schema {
  readonly [keyword: string]: unknown;
}

interface Source {
  readonly app: string | undefined;
  readonly file: ts.SourceFile;
}

type Declared = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration;

interface Named {
  readonly declaration: Declared;
  readonly source: Source;
}

/** Types that say nothing more: whatever JSON holds. */
const anything: Schema = {};

const simpleTypes: ReadonlyMap<ts.SyntaxKind, Schema> = new Map([
  [ts.SyntaxKind.StringKeyword, { type: 'string' }],
  [ts.SyntaxKind.NumberKeyword, { type: 'number' }],
  [ts.SyntaxKind.BooleanKeyword, { type: 'boolean' }],
  [ts.SyntaxKind.ObjectKeyword, { type: 'object' }],
  [ts.SyntaxKind.UnknownKeyword, anything],
]);

/**
 * Schemas of what handlers answer, from the types in the sources: as far as these are interfaces, lists, literals and what is picked
 * of them. Anything else is described as any JSON, with its type as the description, and nothing is invented.
 */
export class AnswerTypes {
  private readonly declared = new Map<string, Named[]>();
  private readonly found = new Map<string, Schema>();
  private readonly names = new Map<Declared, string>();

  constructor(sources: readonly Source[]) {
    for (const source of sources)
      for (const declaration of source.file.statements)
        if (
          ts.isInterfaceDeclaration(declaration) ||
          ts.isTypeAliasDeclaration(declaration) ||
          ts.isClassDeclaration(declaration)
        ) {
          const name = declaration.name?.text ?? '';
          this.declared.set(name, [...(this.declared.get(name) ?? []), { declaration, source }]);
        }
  }

  schemas(): Record<string, Schema> {
    return Object.fromEntries([...this.found].sort(([one], [other]) => one.localeCompare(other)));
  }

  of(type: ts.TypeNode | undefined, source: Source): Schema {
    if (type === undefined) return anything;
    const simple = simpleTypes.get(type.kind);
    if (simple !== undefined) return simple;
    if (ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type)) return this.of(type.type, source);
    if (ts.isArrayTypeNode(type)) return { type: 'array', items: this.of(type.elementType, source) };
    if (ts.isTypeLiteralNode(type)) return this.ofMembers(type.members, source);
    if (ts.isLiteralTypeNode(type)) return literal(type);
    if (ts.isUnionTypeNode(type)) return this.ofUnion(type, source);
    if (ts.isIntersectionTypeNode(type)) return { allOf: type.types.map((one) => this.of(one, source)) };
    if (ts.isTypeReferenceNode(type)) return this.ofReference(type, source);
    return { description: type.getText(source.file) };
  }

  private ofReference(type: ts.TypeReferenceNode, source: Source): Schema {
    const name = type.typeName.getText(source.file);
    const [first, second] = type.typeArguments ?? [];
    switch (name) {
      case 'Promise':
      case 'Readonly':
        return this.of(first, source);
      case 'Partial':
        return { ...this.inPlace(first, source), required: undefined };
      case 'Date':
        return { type: 'string', format: 'date-time' };
      case 'Record':
        return this.ofRecord(first, second, source);
      case 'Page':
        return {
          type: 'object',
          properties: { items: { type: 'array', items: this.of(first, source) }, next: { type: 'string' } },
          required: ['items'],
        };
      case 'Pick':
      case 'Omit':
        return picked(name, this.inPlace(first, source), textsOf(second));
    }
    const named = this.lookUp(name, source);
    if (named === undefined || type.typeArguments !== undefined)
      return { description: type.getText(source.file).replace(/\s+/g, ' ') };
    if (ts.isTypeAliasDeclaration(named.declaration)) return this.of(named.declaration.type, named.source);
    return { $ref: `#/components/schemas/${this.nameOf(name, named)}` };
  }

  private ofRecord(keys: ts.TypeNode | undefined, values: ts.TypeNode | undefined, source: Source): Schema {
    const names = textsOf(keys);
    if (names.length === 0) return { type: 'object', additionalProperties: this.of(values, source) };
    return {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, this.of(values, source)])),
    };
  }

  private ofUnion(type: ts.UnionTypeNode, source: Source): Schema {
    const types = type.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
    const isNull = (one: ts.TypeNode): boolean => one.getText(source.file) === 'null';
    const schemas = types.filter((one) => !isNull(one)).map((one) => this.of(one, source));
    const nullable = types.some(isNull) ? { nullable: true } : {};
    if (schemas.every((schema) => Array.isArray(schema['enum'])))
      return { type: 'string', enum: schemas.flatMap((schema) => schema['enum'] as string[]), ...nullable };
    return schemas.length === 1 ? { ...schemas[0], ...nullable } : { anyOf: schemas, ...nullable };
  }

  /** Members of a named type, for what is picked of it. */
  private inPlace(type: ts.TypeNode | undefined, source: Source): Schema {
    const schema = this.of(type, source);
    const name = /^#\/components\/schemas\/(.*)$/.exec(String(schema['$ref']))?.[1];
    return name === undefined ? schema : (this.found.get(name) ?? schema);
  }

  private nameOf(name: string, { declaration, source }: Named): string {
    const known = this.names.get(declaration);
    if (known !== undefined) return known;
    const own = this.found.has(name)
      ? `${name}Of${(source.app ?? 'all').replace(/(^|-)(\w)/g, (_, __, first: string) => first.toUpperCase())}`
      : name;
    this.names.set(declaration, own);
    // Its place is taken before its members are looked at: types may name themselves.
    this.found.set(own, anything);
    if (ts.isTypeAliasDeclaration(declaration)) return own;
    const above = (declaration.heritageClauses ?? []).flatMap(({ types }) => [...types]);
    const inherited = above.map((one) => this.ofHeritage(one, source));
    const members = this.ofMembers(declaration.members, source);
    const note = noteOf(declaration);
    const schema = merged([...inherited, members]);
    this.found.set(own, note === '' ? schema : { description: note, ...schema });
    return own;
  }

  private ofHeritage({ expression, typeArguments }: ts.ExpressionWithTypeArguments, source: Source): Schema {
    const name = expression.getText(source.file);
    const [first, second] = typeArguments ?? [];
    if (name === 'Pick' || name === 'Omit') return picked(name, this.inPlace(first, source), textsOf(second));
    const named = this.lookUp(name, source);
    return named === undefined ? anything : (this.found.get(this.nameOf(name, named)) ?? anything);
  }

  private ofMembers(
    members: ts.NodeArray<ts.TypeElement> | ts.NodeArray<ts.ClassElement>,
    source: Source,
  ): Schema {
    const fields = [...members].filter(
      (one): one is ts.PropertySignature | ts.PropertyDeclaration =>
        ts.isPropertySignature(one) || (ts.isPropertyDeclaration(one) && !isStatic(one)),
    );
    const entries = fields.map((field): [string, Schema] => {
      const note = noteOf(field);
      const schema = this.of(field.type, source);
      const described = note === '' || '$ref' in schema ? schema : { ...schema, description: note };
      return [field.name.getText(source.file).replace(/'/g, ''), described];
    });
    const required = fields
      .filter(({ questionToken }) => questionToken === undefined)
      .map(({ name }) => name.getText(source.file).replace(/'/g, ''));
    return {
      type: 'object',
      properties: Object.fromEntries(entries),
      ...(required.length === 0 ? {} : { required }),
    };
  }

  /** The nearest one of this name: of the same file, of the same app, of a library. */
  private lookUp(name: string, { app, file }: Source): Named | undefined {
    const all = this.declared.get(name) ?? [];
    return (
      all.find(({ source }) => source.file === file) ??
      all.find(({ source }) => source.app === app && app !== undefined) ??
      all.find(({ source }) => source.app === undefined)
    );
  }
}

function isStatic({ modifiers }: ts.PropertyDeclaration): boolean {
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true;
}

function literal(type: ts.LiteralTypeNode): Schema {
  if (ts.isStringLiteral(type.literal)) return { type: 'string', enum: [type.literal.text] };
  const { kind } = type.literal;
  if (kind === ts.SyntaxKind.TrueKeyword || kind === ts.SyntaxKind.FalseKeyword) return { type: 'boolean' };
  return ts.isNumericLiteral(type.literal) ? { type: 'number' } : anything;
}

/** The texts of a union of literals. */
function textsOf(type: ts.TypeNode | undefined): string[] {
  if (type === undefined) return [];
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(textsOf);
  return ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [];
}

function picked(how: 'Pick' | 'Omit', schema: Schema, names: readonly string[]): Schema {
  const takes = (name: string): boolean => names.includes(name) === (how === 'Pick');
  const { properties, required } = schema as { properties?: Schema; required?: readonly string[] };
  if (properties === undefined) return { type: 'object' };
  const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => takes(name)));
  const needed = (required ?? []).filter(takes);
  return { type: 'object', properties: kept, ...(needed.length === 0 ? {} : { required: needed }) };
}

function merged(schemas: readonly Schema[]): Schema {
  const required = schemas.flatMap(({ required: names }) => (names ?? []) as string[]);
  return {
    type: 'object',
    properties: Object.assign({}, ...schemas.map(({ properties }) => properties ?? {})) as Schema,
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
  };
}
