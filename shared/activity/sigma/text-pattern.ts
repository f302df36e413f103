/** Where in a value the pattern must stand. */
export type Placement = 'whole' | 'contains' | 'startswith' | 'endswith';

/** A Sigma string, ready to be compared. Texts are given in lower case unless the rule says `|cased`. */
export type TextPattern =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'glob';
      /** Set when the pattern is nothing but `*text*`. */
      readonly contains?: string;
      readonly matches: (text: string) => boolean;
    };

type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'any' } | { readonly kind: 'one' };

/**
 * Compiles a Sigma string: `*` is any run of characters, `?` is one; `\*`, `\?` and `\\` stand for themselves and any
 * other backslash is itself (Sigma specification, "Escaping"). `contains`, `startswith` and `endswith` add the wildcards.
 */
export function textPattern(value: string, placement: Placement, cased: boolean): TextPattern {
  const pieces = withPlacement(readPieces(cased ? value : value.toLowerCase()), placement);
  const only = pieces[0];
  if (pieces.length === 0) return { kind: 'literal', text: '' };
  if (pieces.length === 1 && only?.kind === 'text') return { kind: 'literal', text: only.text };
  const [, inner] = pieces;
  if (pieces.length === 3 && only?.kind === 'any' && inner?.kind === 'text' && pieces[2]?.kind === 'any') {
    return { kind: 'glob', contains: inner.text, matches: (text) => text.includes(inner.text) };
  }
  return { kind: 'glob', matches: globMatcher(pieces) };
}

function readPieces(value: string): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
  };
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    const next = value.charAt(i + 1);
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next;
      i++;
    } else if (char === '*' || char === '?') {
      flush();
      // Two stars in a row are one: the matcher relies on it.
      if (char === '?') pieces.push({ kind: 'one' });
      else if (pieces.at(-1)?.kind !== 'any') pieces.push({ kind: 'any' });
    } else text += char;
  }
  flush();
  return pieces;
}

function withPlacement(pieces: Piece[], placement: Placement): readonly Piece[] {
  if ((placement === 'contains' || placement === 'endswith') && pieces[0]?.kind !== 'any')
    pieces.unshift({ kind: 'any' });
  if ((placement === 'contains' || placement === 'startswith') && pieces.at(-1)?.kind !== 'any') {
    pieces.push({ kind: 'any' });
  }
  return pieces;
}

function globMatcher(pieces: readonly Piece[]): (text: string) => boolean {
  const [first, second] = pieces;
  if (pieces.length === 1 && first?.kind === 'any') return () => true;
  if (pieces.length === 2 && first?.kind === 'text' && second?.kind === 'any') {
    return (text) => text.startsWith(first.text);
  }
  if (pieces.length === 2 && first?.kind === 'any' && second?.kind === 'text') {
    return (text) => text.endsWith(second.text);
  }
  return (text) => matchPieces(pieces, text);
}

/** Glob matching that goes back to the last star only: at worst pattern x text, never exponential. */
function matchPieces(pieces: readonly Piece[], text: string): boolean {
  let piece = 0;
  let at = 0;
  let starPiece = -1;
  let starAt = 0;
  for (;;) {
    const current = pieces[piece];
    if (current?.kind === 'any') {
      if (piece === pieces.length - 1) return true;
      starPiece = piece++;
      starAt = at;
      continue;
    }
    if (current === undefined && at === text.length) return true;
    const width = current === undefined ? undefined : matchedWidth(current, text, at);
    if (width !== undefined) {
      piece++;
      at += width;
    } else if (starPiece >= 0 && starAt < text.length) {
      at = ++starAt;
      piece = starPiece + 1;
    } else return false;
  }
}

function matchedWidth(piece: Piece, text: string, at: number): number | undefined {
  if (piece.kind === 'text') return text.startsWith(piece.text, at) ? piece.text.length : undefined;
  return at < text.length ? 1 : undefined;
}
