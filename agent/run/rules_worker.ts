/** The module of a thread that runs a part of the rules: answers what it is asked, one after the other. */
import type { Reply, Request } from "./thread_messages.ts";
import { RulePart } from "./rule_part.ts";

// A worker's file is checked against a window's types.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(reply: Reply): void;
};

let part: RulePart | null = null;

function answer(request: Request): Reply {
  if (request.op === "begin") part = new RulePart(request.with);
  const result = request.op === "begin" ? null : part!.answer(request);
  return { result, standing: part!.standing() };
}

scope.onmessage = ({ data }) => {
  let reply: Reply;
  try {
    reply = answer(data);
  } catch (error) {
    const { stack, message } = error as Error;
    reply = { fault: stack ?? message };
  }
  scope.postMessage(reply);
};
