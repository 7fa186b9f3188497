import type { ErrorCode } from 'yaml';

/**
 * The parser's own messages quote the source, and the source may hold a password in the wrong place:
 * so these are our words.
 */
const TEXTS: Record<ErrorCode, string> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag; remove it',
  BAD_ALIAS: 'this is not an alias; put quotes around text that begins with * or &',
  BAD_COLLECTION_TYPE: 'the tag does not fit what follows; remove it',
  BAD_DIRECTIVE: 'this directive is not known; remove the line that begins with %',
  BAD_DQ_ESCAPE: 'this escape is not known in double quotes; use single quotes',
  BAD_INDENT:
    'the indentation does not fit; give keys of one map the same number of spaces, and close { and [ before',
  BAD_PROP_ORDER: 'anchors and tags stand before a value; move or remove it',
  BAD_SCALAR_START: 'text cannot begin with this character; put quotes around it',
  BLOCK_AS_IMPLICIT_KEY:
    'a list or a map cannot begin on the line of its key here; begin it on the next line',
  BLOCK_IN_FLOW: 'indented keys and dashes cannot stand inside { } or [ ]; use one form or the other',
  DUPLICATE_KEY: 'this key stands here twice; remove one of the two',
  IMPOSSIBLE: 'this is not YAML; check the lines around it',
  KEY_OVER_1024_CHARS: 'this key is too long; shorten it',
  MISSING_CHAR: 'a character is missing before this; close quotes, { } and [ ], and put ": " after keys',
  MULTILINE_IMPLICIT_KEY: 'a key has to stand on one line; check for a missing ":"',
  MULTIPLE_ANCHORS: 'a value can have one anchor; remove the others',
  MULTIPLE_DOCS: 'a catalog is one document; remove the line --- and what follows it',
  MULTIPLE_TAGS: 'a value can have one tag; remove the others',
  NON_STRING_KEY: 'a key has to be plain text; put quotes around it',
  RESOURCE_EXHAUSTION: 'this is nested too deeply; write it flatter',
  TAB_AS_INDENT: 'a tab cannot indent YAML; use spaces',
  TAG_RESOLVE_FAILED: 'this tag is not known; remove the word that begins with !',
  UNEXPECTED_TOKEN: 'this cannot stand here; check quotes, commas and indentation',
};

export function yamlErrorText(code: ErrorCode): string {
  return TEXTS[code];
}
