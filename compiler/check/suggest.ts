/** Names that other languages have for what this one has. */

/** What other languages call our functions. */
const FUNCTIONS_ELSEWHERE: Readonly<Record<string, string>> = {
  cidrmatch: "cidr_contains",
  cidr_match: "cidr_contains",
  count_distinct: "dc",
  dcount: "dc",
  distinct_count: "dc",
  estdc: "dc",
  iff: "if",
  iif: "if",
  ifnull: "coalesce",
  int: "tonumber",
  is_null: "isnull",
  length: "len",
  lenght: "len",
  ltrim: "trim",
  lcase: "lower",
  lowercase: "lower",
  mean: "avg",
  mvcount: "len",
  regex_replace: "replace",
  rtrim: "trim",
  string_size: "len",
  todouble: "tonumber",
  toint: "tonumber",
  tolong: "tonumber",
  unbase64: "base64decode",
  uppercase: "upper",
  url_decode: "urldecode",
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
  ago: "a window, as over 1h: rules run on the time of events, not on today's",
  between: "field in 1..1023",
  case: "if(condition, then, else)",
  cidr_match_any: "field in @networks",
  eval: "the condition in a where before stats",
  in_cidr: "field in 10.0.0.0/8",
  ipv4_is_in_any_range: "field in (10.0.0.0/8, 192.168.0.0/16)",
  ipv4_is_in_range: "field in 10.0.0.0/8",
  ipv4_is_match: "field in 10.0.0.0/8",
  isempty: "not exists field",
  isnotempty: "exists field",
  isnotnullorempty: "exists field",
  isnullorempty: "not exists field",
  now: "a window, as over 1h: rules run on the time of events, not on today's",
  relative_time: "a window, as over 1h: rules run on the time of events, not on today's",
  strftime: "hour(_time), weekday(_time) or in_hours(_time, …)",
  strptime: "_time, which the sourcetype reads",
  wildcard: 'field like "…*"',
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

/** What other languages call our aggregates. */
const AGGREGATES_ELSEWHERE: Readonly<Record<string, string>> = {
  approx_count_distinct: "dc",
  array_agg: "values",
  average: "avg",
  cardinality: "dc",
  collect: "values",
  count_distinct: "dc",
  dcount: "dc",
  distinct: "dc",
  distinct_count: "dc",
  earliest: "first",
  estdc: "dc",
  hll: "dc",
  latest: "last",
  list: "values",
  make_list: "values",
  make_set: "values",
  makeset: "values",
  maximum: "max",
  mean: "avg",
  minimum: "min",
  percentile: "perc",
  p95: "perc95",
  quantile: "perc",
  stddev: "stdev",
  total: "sum",
  uniq: "dc",
  unique: "dc",
};

/** Aggregates over some rows alone: the rows are chosen before. */
const FILTERED: ReadonlySet<string> = new Set([
  "avgif",
  "count_if",
  "countif",
  "dcountif",
  "make_list_if",
  "make_set_if",
  "sumif",
]);

/** What other languages call our severities. */
const SEVERITIES_ELSEWHERE: Readonly<Record<string, string>> = {
  emergency: "critical",
  error: "high",
  fatal: "critical",
  info: "informational",
  information: "informational",
  moderate: "medium",
  notice: "low",
  severe: "high",
  urgent: "critical",
  warn: "medium",
  warning: "medium",
};

/** Fields of ECS, SPL's search time, Windows (Sigma) and Microsoft's tables, by their names in lower case. */
const FIELDS_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  accountname: ["user"],
  clientip: ["src", "src_ip"],
  commandline: ["process"],
  computer: ["dest", "host"],
  computername: ["dest", "host"],
  "destination.address": ["dest", "dest_ip"],
  "destination.ip": ["dest", "dest_ip"],
  "destination.port": ["dest_port"],
  destinationip: ["dest", "dest_ip"],
  destinationport: ["dest_port"],
  devicename: ["dest", "host"],
  dst: ["dest"],
  dst_ip: ["dest_ip", "dest"],
  dst_port: ["dest_port"],
  "event.action": ["action"],
  "event.outcome": ["action"],
  "file.name": ["file_name"],
  "file.path": ["file_path"],
  "host.hostname": ["dest", "host"],
  "host.name": ["dest", "host"],
  "http.request.method": ["http_method"],
  "http.response.status_code": ["status"],
  image: ["process_path", "process_exec"],
  ipaddress: ["src", "src_ip"],
  "network.transport": ["transport"],
  parentcommandline: ["parent_process"],
  parentimage: ["parent_process_path", "parent_process_exec"],
  "process.args": ["process"],
  "process.command_line": ["process"],
  "process.executable": ["process_path", "process_exec"],
  "process.name": ["process_name"],
  "process.parent.name": ["parent_process_name"],
  "process.pid": ["process_id"],
  processcommandline: ["process"],
  "rule.name": ["signature"],
  "source.address": ["src", "src_ip"],
  "source.ip": ["src", "src_ip"],
  "source.port": ["src_port"],
  sourceip: ["src", "src_ip"],
  sourceport: ["src_port"],
  subjectusername: ["src_user", "user"],
  targetfilename: ["file_path"],
  targetobject: ["registry_path"],
  targetusername: ["user"],
  timegenerated: ["_time"],
  timestamp: ["_time"],
  uri: ["url", "uri_path"],
  "url.full": ["url"],
  "url.path": ["uri_path", "url"],
  "user.name": ["user"],
  user_agent: ["http_user_agent"],
  "user_agent.original": ["http_user_agent"],
  username: ["user"],
};

const own = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name.toLowerCase()) ? table[name.toLowerCase()] : undefined;

/** Our name of a function that is known elsewhere by another. */
export const functionNamed = (name: string): string | undefined => own(FUNCTIONS_ELSEWHERE, name);

/** How to write what is a function elsewhere. */
export const operatorNamed = (name: string): string | undefined => own(OPERATORS_ELSEWHERE, name);

/** Our name of an aggregate that is known elsewhere by another. */
export const aggregateElsewhere = (name: string): string | undefined =>
  own(AGGREGATES_ELSEWHERE, name);

/** Whether it is an aggregate with a condition of its own, which here stands in a `where` before. */
export const isFiltered = (name: string): boolean => FILTERED.has(name.toLowerCase());

/** Our name of a severity. */
export const severityNamed = (name: string): string | undefined => own(SEVERITIES_ELSEWHERE, name);

/** The field, among those that `has` knows, that another schema calls `name`. */
export function fieldNamed(name: string, has: (field: string) => boolean): string | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(FIELDS_ELSEWHERE, lower) ? FIELDS_ELSEWHERE[lower].find(has) : undefined;
}

/** Words by which a search says from when to when it looks. */
export const isTimeModifier = (name: string): boolean =>
  /^(?:earliest|latest|starttime|endtime|span|maxspan)$/i.test(name);
