import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

/** Root of the repository. */
export const root = join(import.meta.dirname, '../..');

/** A node of the syntax tree (ESTree with TypeScript's nodes, as the parser of the test runner makes it). */
export interface Node {
  readonly type: string;
  /** Place of its first character in the text. */
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/** One TypeScript file of the project. */
export interface SourceFile {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Every node of its tree, parents before children. */
  readonly nodes: readonly Node[];
  /** Statements at the top, in order. */
  readonly statements: readonly Node[];
}

/** Where an import leads whose module is not written out as text. */
export const unwritten = '(computed)';

/** An import or a re-export of another module. */
export interface Import {
  readonly from: string;
  /** Path from the root, or the name of a package, without what lies inside it. */
  readonly to: string;
  readonly isPackage: boolean;
  readonly kind: 'value' | 'type' | 'dynamic';
  readonly line: number;
}

/** Reads and parses every TypeScript file under the folders, in order of path. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}

/** Parses a text as the file of that path. Throws on a syntax error. */
export function sourceFile(path: string, text: string): SourceFile {
  const nodes: Node[] = [];
  const tree: unknown = parseAst(text, { lang: 'ts' }, path);
  collect(tree, nodes);
  return { path, text, nodes, statements: nodesIn(nodes[0]?.['body']) };
}

/** Line of a place in the file, from 1. */
export function lineOf(file: SourceFile, node: Node): number {
  return file.text.slice(0, node.start).split('\n').length;
}

/** `path:line` of a node. */
export const placeOf = (file: SourceFile, node: Node): string => `${file.path}:${lineOf(file, node)}`;

/** Every module that the file names: static and dynamic imports, re-exports, types written as `import('...')`. */
export function importsOf(file: SourceFile): readonly Import[] {
  return file.nodes.flatMap((node) => {
    const kind = kindOfImport(node);
    if (kind === undefined) return [];
    const specifier = stringOf(node['source']);
    const target = specifier === undefined ? { to: unwritten, isPackage: true } : targetOf(file.path, specifier);
    return [{ from: file.path, ...target, kind, line: lineOf(file, node) }];
  });
}

function kindOfImport(node: Node): Import['kind'] | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return isTypeOnly(node, 'importKind') ? 'type' : 'value';
    case 'ExportAllDeclaration':
      return node['exportKind'] === 'type' ? 'type' : 'value';
    case 'ExportNamedDeclaration':
      if (!isNode(node['source'])) return undefined;
      return isTypeOnly(node, 'exportKind') ? 'type' : 'value';
    case 'ImportExpression':
      return 'dynamic';
    case 'TSImportType':
      return 'type';
    default:
      return undefined;
  }
}

/** Also `import { type A, type B }`: what remains of it when types are stripped only runs the module. */
function isTypeOnly(node: Node, member: 'importKind' | 'exportKind'): boolean {
  if (node[member] === 'type') return true;
  const specifiers = nodesIn(node['specifiers']);
  return specifiers.length > 0 && specifiers.every((specifier) => specifier[member] === 'type');
}

function targetOf(from: string, specifier: string): { readonly to: string; readonly isPackage: boolean } {
  if (specifier.startsWith('.')) return { to: join(from, '..', specifier).replaceAll('\\', '/'), isPackage: false };
  const parts = specifier.split('/');
  return { to: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'), isPackage: true };
}

/** Text of a string literal, also where a literal type wraps it. */
export function stringOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'TSLiteralType') return stringOf(node['literal']);
  return node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined;
}

/** A name as it is written, `Date.now` for example; undefined for what is no chain of names. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return typeof node['name'] === 'string' ? node['name'] : undefined;
  if (node.type === 'ChainExpression') return nameOf(node['expression']);
  if (node.type !== 'MemberExpression') return undefined;
  const member = node['computed'] === true ? stringOf(node['property']) : nameOf(node['property']);
  const object = nameOf(node['object']);
  return member === undefined ? undefined : `${object ?? '?'}.${member}`;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;

/** The nodes of a list in the tree. */
export const nodesIn = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

function collect(value: unknown, into: Node[]): void {
  if (Array.isArray(value)) for (const item of value) collect(item, into);
  else if (isNode(value)) {
    into.push(value);
    for (const member of Object.values(value)) if (typeof member === 'object') collect(member, into);
  }
}
