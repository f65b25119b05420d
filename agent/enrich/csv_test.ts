import assert from "node:assert/strict";
import { csv } from "./csv.ts";

Deno.test("CSV cells: quotes, line ends inside them, a lost rest", () => {
  assert.deepEqual(csv('ip,owner\r\n10.0.0.1,"Doe, ""Jo""\nx"\n'), [["ip", "owner"], [
    "10.0.0.1",
    'Doe, "Jo"\nx',
  ]]);
  assert.deepEqual(csv("a,\nb"), [["a", ""], ["b"]]);
  assert.deepEqual(csv("a,"), [["a", ""]]);
  assert.deepEqual(csv('"a"b,c\nd'), [['"a"b', "c"], ["d"]]);
  assert.deepEqual(csv(""), []);
});
