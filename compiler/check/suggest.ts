/** Names that other languages have for what this one has. */

/** What other languages call our functions. */
const FUNCTIONS_ELSEWHERE: Readonly<Record<string, string>> = {
  cidrmatch: "cidr_contains",
  cidr_match: "cidr_contains",
  count_distinct: "dc",
  dcount: "dc",
  distinct_count: "dc",
  estdc: "dc",
  ifnull: "coalesce",
  int: "tonumber",
  is_null: "isnull",
  length: "len",
  lenght: "len",
  lcase: "lower",
  mean: "avg",
  nvl: "coalesce",
  stddev: "stdev",
  strlen: "len",
  substring: "substr",
  to_lower: "lower",
  to_upper: "upper",
  tolower: "lower",
  toupper: "upper",
  ucase: "upper",
  urldecode_uni: "urldecode",
};

/** What other languages have a function for and this one an operator. */
const OPERATORS_ELSEWHERE: Readonly<Record<string, string>> = {
  concat: "a + b",
  contains: 'field contains "…"',
  ends_with: 'field endswith "…"',
  endswith: 'field endswith "…"',
  exists: "exists field",
  in: 'field in ("…", "…")',
  like: 'field like "…*"',
  match: "field matches /…/",
  matches: "field matches /…/",
  matchregex: "field matches /…/",
  regex: "field matches /…/",
  regex_match: "field matches /…/",
  regexmatch: "field matches /…/",
  rlike: "field matches /…/",
  searchmatch: 'field contains "…"',
  starts_with: 'field startswith "…"',
  startswith: 'field startswith "…"',
};

const own = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name.toLowerCase()) ? table[name.toLowerCase()] : undefined;

/** Our name of a function that is known elsewhere by another. */
export const functionNamed = (name: string): string | undefined => own(FUNCTIONS_ELSEWHERE, name);

/** How to write what is a function elsewhere. */
export const operatorNamed = (name: string): string | undefined => own(OPERATORS_ELSEWHERE, name);
