/** One element of a JSON array, as text, or what is wrong with the array. */
export type Element =
  | { readonly kind: 'element'; readonly text: string; readonly line: number }
  | { readonly kind: 'broken'; readonly reason: string; readonly line: number };

/** Takes a JSON text piece by piece and gives back the elements of its array as they are complete. */
export interface ElementSplitter {
  take(piece: string): readonly Element[];
  /** What is wrong when the text ends here. */
  end(): readonly Element[];
}

/** The splitter's position in the text. */
interface State {
  /** Outside any array, between elements, or in one. */
  stage: 'outside' | 'between' | 'inside';
  /** Open brackets: of the envelope while outside, of the element while inside. */
  depth: number;
  /** Brackets that are open around the array. */
  around: number;
  inString: boolean;
  escaped: boolean;
  line: number;
  /** Line on which the element began. */
  start: number;
  text: string;
  tooLong: boolean;
  /** The last string outside: `"records"` opens the array. */
  name: string;
  arrays: number;
  readonly limit: number;
}

/**
 * Splits `[ … ]`, or the array `records` of `{ "records": [ … ] }`, or several of these one after the other, without
 * holding more than one element. An element over `limit` characters is reported and skipped.
 */
export function createElementSplitter(limit: number): ElementSplitter {
  const state: State = {
    stage: 'outside',
    depth: 0,
    around: 0,
    inString: false,
    escaped: false,
    line: 1,
    start: 1,
    text: '',
    tooLong: false,
    name: '',
    arrays: 0,
    limit,
  };
  return { take: (piece) => take(state, piece), end: () => end(state) };
}

function take(state: State, piece: string): readonly Element[] {
  const found: Element[] = [];
  let from = 0;
  for (let i = 0; i < piece.length; i++) {
    const char = piece.charAt(i);
    if (char === '\n') state.line++;
    if (state.stage === 'between' && !isFiller(char)) {
      state.stage = 'inside';
      state.start = state.line;
      from = i;
    }
    if (state.inString) insideString(state, char);
    else if (char === '"') {
      state.inString = true;
      state.name = '';
    } else if (state.stage === 'inside' && state.depth === 0 && (char === ',' || char === ']')) {
      keep(state, piece, from, i);
      found.push(finish(state));
      if (char === ']') leaveArray(state);
    } else if (state.stage === 'between' && char === ']') leaveArray(state);
    else bracket(state, char);
  }
  if (state.stage === 'inside') keep(state, piece, from, piece.length);
  return found;
}

const isFiller = (char: string): boolean => char === ',' || char === ']' || /\s/.test(char);

function insideString(state: State, char: string): void {
  if (state.escaped) state.escaped = false;
  else if (char === '\\') state.escaped = true;
  else if (char === '"') state.inString = false;
  else if (state.stage === 'outside' && state.name.length < 16) state.name += char;
}

function bracket(state: State, char: string): void {
  if (
    char === '[' &&
    state.stage === 'outside' &&
    (state.depth === 0 || (state.depth === 1 && state.name === 'records'))
  ) {
    state.around = state.depth;
    state.depth = 0;
    state.stage = 'between';
    state.arrays++;
  } else if (char === '[' || char === '{') state.depth++;
  else if (char === ']' || char === '}') state.depth--;
}

function leaveArray(state: State): void {
  state.stage = 'outside';
  state.depth = state.around;
  state.name = '';
}

function keep(state: State, piece: string, from: number, to: number): void {
  if (state.tooLong) return;
  state.text += piece.slice(from, to);
  if (state.text.length <= state.limit) return;
  state.tooLong = true;
  state.text = '';
}

function finish(state: State): Element {
  const { text, tooLong, start: line } = state;
  state.text = '';
  state.tooLong = false;
  state.stage = 'between';
  if (tooLong) return { kind: 'broken', reason: `the event is longer than ${state.limit} characters`, line };
  return { kind: 'element', text: text.trim(), line };
}

function end(state: State): readonly Element[] {
  if (state.stage === 'inside')
    return [{ kind: 'broken', reason: 'the file ends inside this event', line: state.start }];
  if (state.stage === 'between')
    return [{ kind: 'broken', reason: 'the file ends inside the array', line: state.line }];
  return state.arrays > 0 ? [] : [{ kind: 'broken', reason: 'there is no array "records" in it', line: 1 }];
}
