/**
 * Windows events as Snare and NXLog write them behind a header of syslog: values between tabs, and the
 * message that Windows shows, whose values stand behind labels in sections. What a client chose (its
 * account, its workstation) may hold labels too: a name that comes twice with two values has none.
 */
import type { Keyed } from "../json/json.ts";
import { RecordFilling } from "./record.ts";

const MARK = "MSWinEventLog";
/** Characters of the longest header before it. */
const MOST_BEFORE = 200;
/** Values before the message. */
const VALUES = 12;

/** Labels of messages; those of sections begin another set of names. */
const SECTIONS: Readonly<Record<string, string>> = {
  "Subject": "Subject",
  "Account For Which Logon Failed": "Target",
  "New Logon": "Target",
  "Account That Was Locked Out": "Target",
  "Account Whose Credentials Were Used": "Target",
  "Target Account": "Target",
  "New Account": "Target",
  "Account Information": "Target",
  "Member": "Member",
  "Group": "Target",
  "New Group": "Target",
  "Target Server": "Server",
  "Failure Information": "",
  "Process Information": "",
  "Network Information": "",
  "Logon Information": "",
  "Service Information": "Service",
  "Detailed Authentication Information": "",
  "Additional Information": "",
};
/** Names of values that are the same in every section. */
const PLAIN: Readonly<Record<string, string>> = {
  "Logon Type": "LogonType",
  "Failure Reason": "FailureReason",
  "Status": "Status",
  "Sub Status": "SubStatus",
  "Failure Code": "Status",
  "Workstation Name": "WorkstationName",
  "Source Network Address": "IpAddress",
  "Source Port": "IpPort",
  "Client Address": "IpAddress",
  "Client Port": "IpPort",
  "User Name": "TargetUserName",
  "Domain": "TargetDomainName",
  "Caller Process Name": "ProcessName",
  "New Process Name": "NewProcessName",
  "Process Command Line": "CommandLine",
  "Service File Name": "ServiceFileName",
  "Logon Process": "LogonProcessName",
  "Authentication Package": "AuthenticationPackageName",
  "Group Name": "TargetUserName",
};
/** Names of values whose section says whose they are. */
const OWNED: Readonly<Record<string, string>> = {
  "Security ID": "Sid",
  "Account Name": "UserName",
  "Account Domain": "DomainName",
  "Logon ID": "LogonId",
};

const OTHERS = ["Process ID", "Process Name", "Caller Process ID", "Logon GUID", "Key Length"];
const LABEL = new RegExp(
  `(?<![^\\s])(${
    [...Object.keys(SECTIONS), ...Object.keys(PLAIN), ...Object.keys(OWNED), ...OTHERS]
      .sort((a, b) => b.length - a.length).join("|")
  }):(?!\\S)`,
  "g",
);
/** Labels of a message that are looked at. */
const MOST_LABELS = 64;

/** Null for a line that is none of theirs. */
export function readSnare(text: string): Keyed | null {
  const at = text.indexOf(MARK);
  // A record of another rendering may hold its name in a value.
  if (at < 0 || at > MOST_BEFORE || /[={]|<[A-Za-z?]/.test(text.slice(0, at))) return null;
  // Relays write a tab as its number.
  const values = text.slice(at + MARK.length).replaceAll("#011", "\t").split("\t");
  if (values.length < VALUES || !/^\d{1,5}$/.test(values[5])) return null;
  const [, , channel, record, time, id, provider, , , kind, computer] = values;
  const filling = new RecordFilling();
  filling.system("EventID", id);
  filling.system("Channel", channel);
  filling.system("Provider_Name", provider);
  filling.system("Computer", computer);
  filling.system("TimeCreated", time);
  filling.system("EventRecordID", record);
  if (/audit failure|failure audit/i.test(kind)) filling.system("Keywords", "0x8010000000000000");
  if (/audit success|success audit/i.test(kind)) filling.system("Keywords", "0x8020000000000000");
  readMessage(values.slice(VALUES).join("  "), filling);
  return filling.record;
}

/** The values of a message behind their labels. */
function readMessage(message: string, filling: RecordFilling): void {
  const labels = [];
  for (const m of message.matchAll(LABEL)) {
    labels.push({ label: m[1], from: m.index, to: m.index + m[0].length });
    if (labels.length === MOST_LABELS) break;
  }
  let section = "Subject";
  for (const [i, { label, to }] of labels.entries()) {
    const value = message.slice(to, labels[i + 1]?.from).trim();
    // "Group:" alone begins a section; "Domain: CORP" is a value.
    if (SECTIONS[label] !== undefined && value === "") {
      section = SECTIONS[label];
      continue;
    }
    const name = PLAIN[label] ?? (section && OWNED[label] ? section + OWNED[label] : undefined);
    if (name === undefined || value === "" || value === "-") continue;
    // Behind the last value a sentence may go on, or Snare's number.
    filling.once(name, value.split(/\s{2,}/)[0]);
  }
}
