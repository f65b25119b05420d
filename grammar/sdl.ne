@preprocessor typescript
@{%
import * as b from "./build.ts";
import { lexer, rowname } from "./tokens.ts";
%}
@lexer lexer

# parse.ts starts from `decl`, and after a mistake from one part of a rule: head, source, command, test, testitem.
decl -> list {% b.first %} | let {% b.first %} | rule {% b.first %}

list -> "list" name listtype "=" "[" "]" {% ([k, n, t, , , e]) => b.list(k, n, t, null, null, e) %}
  | "list" name listtype "=" "[" items comma "]" {% ([k, n, t, , , i, , e]) => b.list(k, n, t, i, null, e) %}
  | "list" name listtype "=" "file" string {% ([k, n, t, , , f]) => b.list(k, n, t, null, f, f) %}
listtype -> null {% b.nothing %} | ":" name {% ([, n]) => b.typeName(n) %}
let -> "let" name "=" expr {% ([k, n, , e]) => b.letDecl(k, n, e) %}

rule -> "rule" name "{" heads source commands tests "}"
    {% ([k, n, , h, s, c, t, e]) => b.rule(k, n, h, s, c, t, e) %}
# What a part of a rule may be when its first word does not tell.
rule_part -> head {% b.first %} | source {% b.first %} | test {% b.first %}

heads -> null {% b.empty %} | heads head {% b.push %}
source -> null {% b.nothing %} | from {% b.first %} | sequence {% b.first %}
commands -> null {% b.empty %} | commands "|" command {% b.push2 %}
tests -> null {% b.empty %} | tests test {% b.push %}

head -> header {% b.first %} | param {% b.first %} | allow {% b.first %}
header -> headkey exprs {% ([k, v]) => b.header(k, v) %}
  | "mitre" mitres {% ([k, v]) => b.header(b.ident(k), v) %}
headkey -> ("title" | "description" | "severity" | "risk" | "id" | "status" | "author" | "license" | "date" | "modified"
    | "references" | "falsepositives" | "related" | "tags") {% ([[k]]) => b.ident(k) %}
mitres -> mitre {% b.one %} | mitres "," mitre {% b.push2 %}
mitre -> %mitre {% ([t]) => b.mitre(t) %} | name {% ([n]) => b.field(n) %} | string {% b.first %}
param -> "param" name listtype "=" expr {% ([k, n, t, , e]) => b.param(k, n, t, e) %}
allow -> "allow" name {% ([k, n]) => b.allow(k, n, null) %} | "allow" name string {% ([k, n, s]) => b.allow(k, n, s) %}

from -> "from" row {% ([k, r]) => b.from(k, r) %}
row -> rowsource {% ([r]) => b.row(r, null) %} | rowsource "where" expr {% ([r, , e]) => b.row(r, e) %}
rowsource -> "signal" names {% ([k, n]) => b.signals(k, n) %} | rownames {% ([n]) => b.rowName(n) %}
rownames -> %rowname {% ([t]) => b.cons(null, b.ident(t)) %}
  | %quoted {% ([t]) => b.cons(null, b.quotedName(t)) %}
  | rownames ":" name {% b.push2 %}
sequence -> ("sequence" | "together") stepsby within "{" steps until "}"
    {% ([[k], y, w, , s, u, e]) => b.sequence(k, y, w, s, u, e) %}
by -> null {% b.empty %} | "by" keys {% b.second %}
stepsby -> by {% b.first %} | "by" "*" {% ([, s]) => s %}
within -> null {% b.nothing %} | "within" duration {% b.second %}
steps -> null {% b.empty %} | steps step {% b.push %}
step -> bang row {% ([n, r]) => b.step(n, r, null) %} | bang row "as" name {% ([n, r, , a]) => b.step(n, r, a) %}
bang -> null {% b.nothing %} | "!" {% b.first %}
until -> null {% b.nothing %} | "until" row {% b.second %}
keys -> key {% b.one %} | keys "," key {% b.push2 %}
key -> fieldname {% ([n]) => b.key(null, n) %} | "?" fieldname {% ([q, n]) => b.key(q, n) %}

command -> where {% b.first %} | eval {% b.first %} | lookup {% b.first %} | stats {% b.first %}
  | dedup {% b.first %} | first_seen {% b.first %} | baseline {% b.first %} | throttle {% b.first %}
  | absent {% b.first %} | alert {% b.first %} | rename {% b.first %} | fields {% b.first %}
where -> "where" expr {% ([k, e]) => b.where(k, e) %}
eval -> "eval" assigns {% ([k, a]) => b.evalCommand(k, a) %}
assigns -> assign {% b.one %} | assigns "," assign {% b.push2 %}
assign -> name "=" expr {% ([n, , e]) => ({ name: n, expr: e }) %}
lookup -> "lookup" name "(" expr ")" {% ([k, t, , e, c]) => b.lookup(k, t, e, null, c) %}
  | "lookup" name "(" expr ")" "as" name {% ([k, t, , e, , , a]) => b.lookup(k, t, e, a, a) %}
stats -> "stats" aggs by over {% ([k, a, y, o]) => b.stats(k, a, y, o) %}
aggs -> agg {% b.one %} | aggs "," agg {% b.push2 %}
agg -> call {% ([c]) => ({ call: c, as: null }) %} | call "as" name {% ([c, , n]) => ({ call: c, as: n }) %}
over -> null {% b.nothing %} | "over" window {% b.second %}
window -> duration {% ([d]) => b.window(null, d, null) %}
  | "tumbling" duration {% ([k, d]) => b.window(k, d, null) %}
  | "session" duration {% ([k, d]) => b.window(k, d, null) %}
  | "session" duration "max" duration {% ([k, d, , m]) => b.window(k, d, m) %}
# What may stand behind a search: rows of a rule never end, and have none of the four.
search_command -> command {% b.first %}
  | sort {% b.first %} | limit {% b.first %} | top {% b.first %} | timechart {% b.first %}
sort -> "sort" sortkeys {% ([k, y]) => b.sort(k, y) %}
sortkeys -> sortkey {% b.one %} | sortkeys "," sortkey {% b.push2 %}
sortkey -> fieldname {% ([n]) => b.sortKey(null, n) %} | ("-" | "+") fieldname {% ([[s], n]) => b.sortKey(s, n) %}
limit -> "limit" %number {% ([k, n]) => b.limit(k, n) %}
top -> "top" names {% ([k, n]) => b.top(k, null, n) %} | "top" %number names {% ([k, c, n]) => b.top(k, c, n) %}
timechart -> "timechart" aggs by span {% ([k, a, y, s]) => b.timechart(k, a, y, s) %}
span -> null {% b.nothing %} | "span" duration {% b.second %}
dedup -> "dedup" keys within {% ([k, y, w]) => b.dedup(k, y, w) %}
first_seen -> "first_seen" keys history warmup {% ([k, y, h, w]) => b.firstSeen(k, y, h, w) %}
history -> null {% b.nothing %} | "history" duration {% b.second %}
warmup -> null {% b.nothing %} | "warmup" duration {% b.second %}
baseline -> "baseline" name history min {% ([k, f, h, m]) => b.baseline(k, f, h, m) %}
min -> null {% b.nothing %} | "min" expr {% b.second %}
throttle -> "throttle" duration by group {% ([k, d, y, g]) => b.throttle(k, d, y, g) %}
group -> null {% b.nothing %} | "group" name within {% ([, n, w]) => ({ name: n, within: w }) %}
absent -> "absent" duration by expected silence {% ([k, d, y, x, s]) => b.absent(k, d, y, x, s) %}
expected -> null {% b.nothing %} | "expect" "lookup" name {% ([, , n]) => n %}
silence -> null {% b.nothing %} | "clock" {% b.first %} | "live" {% b.first %}
alert -> "alert" string severity entity {% ([k, s, v, e]) => b.alert(k, s, v, e) %}
  | "alert" "none" {% ([k, n]) => b.noAlert(k, n) %}
severity -> null {% b.nothing %} | "severity" expr {% b.second %}
entity -> null {% b.empty %} | "entity" names {% b.second %}
names -> name {% b.one %} | names "," name {% b.push2 %}
rename -> "rename" pairs {% ([k, p]) => b.rename(k, p) %}
pairs -> pair {% b.one %} | pairs "," pair {% b.push2 %}
pair -> name "as" name {% ([f, , t]) => ({ from: f, to: t }) %}
fields -> "fields" names {% ([k, n]) => b.fields(k, null, n) %} | "fields" "-" names {% ([k, m, n]) => b.fields(k, m, n) %}

test -> "test" string "{" testitems "}" {% ([k, s, , i, e]) => b.test(k, s, i, e) %}
testitems -> null {% b.empty %} | testitems testitem {% b.push %}
testitem -> at {% b.first %} | given {% b.first %} | expect {% b.first %}
at -> "at" duration record {% ([k, t, r]) => b.at(k, t, null, null, r) %}
  | "at" duration "repeat" %number record {% ([k, t, , n, r]) => b.at(k, t, n, null, r) %}
  | "at" duration "repeat" %number "every" duration record {% ([k, t, , n, , d, r]) => b.at(k, t, n, d, r) %}
given -> "given" sourcetype text {% ([k, n, s]) => b.given(k, n, s) %}
sourcetype -> name {% b.one %} | sourcetype ":" name {% b.push2 %}
text -> string {% b.first %} | %block {% ([t]) => b.string(t) %}
expect -> "expect" "none" {% ([k, n]) => b.expect(k, n, null, null) %}
  | "expect" %number ("alert" | "alerts") when {% ([k, n, [a], w]) => b.expect(k, n, a, w, null) %}
  | "expect" %number ("alert" | "alerts") when record {% ([k, n, [a], w, r]) => b.expect(k, n, a, w, r) %}
when -> null {% b.nothing %} | %atclause duration {% b.second %}
record -> "{" "}" {% ([o, c]) => b.record(o, null, c) %} | "{" values comma "}" {% ([o, v, , c]) => b.record(o, v, c) %}
values -> value {% b.one %} | values "," value {% b.push2 %}
value -> name ":" expr {% ([n, , e]) => b.fieldValue(n, e) %}
  | string ":" expr {% ([n, , e]) => b.fieldValue(b.quoted(n), e) %}

# Expressions, loosest first.
expr -> or {% b.first %} | or "?" expr ":" expr {% ([t, , a, , e]) => b.cond(t, a, e) %}
or -> and {% b.first %} | or "or" and {% ([l, , r]) => b.logic("or", l, r) %}
and -> not {% b.first %} | and "and" not {% ([l, , r]) => b.logic("and", l, r) %}
not -> compare {% b.first %} | "not" not {% ([k, e]) => b.unary(k, e) %}
compare -> sum {% b.first %}
  | sum ("==" | "!=" | "<" | "<=" | ">" | ">=" | "=") sum {% ([l, [o], r]) => b.compare(l, o, r) %}
  | sum "in" set {% ([v, , s]) => b.inExpr(v, false, s) %}
  | sum "not" "in" set {% ([v, , , s]) => b.inExpr(v, true, s) %}
  | sum ("contains" | "startswith" | "endswith") sum {% ([v, [t], n]) => b.textTest(v, t, null, n) %}
  | sum ("contains" | "startswith" | "endswith") %quant many {% ([v, [t], q, n]) => b.textTest(v, t, q, n) %}
  | sum "like" sum {% ([v, , p]) => b.like(v, p, null) %}
  | sum "like" sum "escape" {% ([v, , p, e]) => b.like(v, p, e) %}
  | sum "matches" %regex {% ([v, , r]) => b.matches(v, r) %}
  | "exists" fieldname {% ([k, n]) => b.exists(k, n, n) %}
  | "exists" "(" fieldname ")" {% ([k, , n, e]) => b.exists(k, n, e) %}
sum -> product {% b.first %} | sum ("+" | "-") product {% ([l, [o], r]) => b.arithmetic(l, o, r) %}
product -> unary {% b.first %} | product ("*" | "/" | "%") unary {% ([l, [o], r]) => b.arithmetic(l, o, r) %}
unary -> primary {% b.first %} | ("-" | "+") unary {% ([[k], e]) => b.unary(k, e) %}
primary -> literal {% b.first %} | call {% b.first %} | fieldname {% ([n]) => b.field(n) %}
  | %listref {% ([t]) => b.listRef(t) %}
  | "(" expr ")" {% ([o, e, c]) => b.parens(o, e, c) %}
literal -> string {% b.first %} | number {% b.first %} | duration {% b.first %}
  | %bytes {% ([t]) => b.bytes(t) %} | %ip {% ([t]) => b.ip(t) %} | %cidr {% ([t]) => b.cidr(t) %}
  | ("true" | "false") {% ([[t]]) => b.bool(t) %}
call -> name "(" ")" {% ([n, , e]) => b.call(n, null, e) %} | name "(" exprs ")" {% ([n, , a, e]) => b.call(n, a, e) %}
exprs -> expr {% b.one %} | exprs "," expr {% b.push2 %}
set -> many {% b.first %} | range {% b.first %} | %cidr {% ([t]) => b.cidr(t) %} | name {% ([n]) => b.field(n) %} | call {% b.first %}
many -> "(" items comma ")" {% ([o, i, , c]) => b.listLit(o, i, c) %} | "[" items comma "]" {% ([o, i, , c]) => b.listLit(o, i, c) %}
  | %listref {% ([t]) => b.listRef(t) %}
items -> item {% b.one %} | items "," item {% b.push2 %}
item -> expr {% b.first %} | range {% b.first %}
comma -> null {% b.nothing %} | "," {% b.nothing %}
range -> bound ".." bound {% ([f, , t]) => b.range(f, t) %}
bound -> number {% b.first %} | "-" %number {% ([m, t]) => b.negative(m, t) %}
number -> %number {% ([t]) => b.number(t) %}
string -> %string {% ([t]) => b.string(t) %}
duration -> %duration {% ([t]) => b.duration(t) %}
name -> %name {% ([t]) => b.ident(t) %}
# A field of the event by its name alone: any text, of any type.
fieldname -> name {% b.first %} | %quoted {% ([t]) => b.quotedName(t) %}
