/** Sends to a broker that is not there, for a test of the permissions that it takes: prints the outcome. */
import { kafka } from "../kafka.ts";
import { contextOf, notificationOf, richAlert, settingsOf } from "./samples.ts";

const settings = settingsOf(kafka, { brokers: ["127.0.0.1:1"], topic: "alerts" });
const destination = await kafka.make(settings, contextOf());
const outcome = await destination.deliver(
  notificationOf([richAlert()]),
  new AbortController().signal,
);
console.log(JSON.stringify(outcome));
await destination.close();
