/**
 * Windows events as XML, one on a line, as event forwarding renders them. Names of fields: Microsoft's
 * "Advanced security auditing" reference and the System log's provider manifests.
 */
import type { Random } from "./random.ts";

const SECURITY =
  "Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'";
const SID = "S-1-5-21-1004336348-1177238915-682003330";

/** Writes events of one computer; times are epoch ms. */
export class WindowsLog {
  #record = 1000;

  constructor(
    readonly random: Random,
    readonly computer: string,
    readonly emit: (time: number, text: string) => void,
  ) {}

  /** 4624 or 4625: a logon over the network (type 3), at the screen (2) or by remote desktop (10). */
  logon(time: number, user: string, src: string, type: 2 | 3 | 10, good: boolean) {
    this.#security(time, good ? 4624 : 4625, 12544, {
      SubjectUserSid: "S-1-0-0",
      SubjectUserName: "-",
      SubjectDomainName: "-",
      SubjectLogonId: "0x0",
      TargetUserSid: good ? `${SID}-1104` : "S-1-0-0",
      TargetUserName: user,
      TargetDomainName: "CORP",
      ...(good
        ? { TargetLogonId: this.#logonId() }
        : { Status: "0xc000006d", FailureReason: "%%2313", SubStatus: "0xc000006a" }),
      LogonType: String(type),
      LogonProcessName: type === 3 ? "NtLmSsp " : "User32 ",
      AuthenticationPackageName: type === 3 ? "NTLM" : "Negotiate",
      WorkstationName: "-",
      ProcessId: "0x0",
      ProcessName: "-",
      IpAddress: src,
      IpPort: String(this.random.int(49152, 65535)),
    }, good);
  }

  /** 4634: the logon has ended. */
  logoff(time: number, user: string) {
    this.#security(time, 4634, 12545, {
      TargetUserSid: `${SID}-1104`,
      TargetUserName: user,
      TargetDomainName: "CORP",
      TargetLogonId: this.#logonId(),
      LogonType: "3",
    });
  }

  /** 4688: a process was made. */
  process(time: number, user: string, path: string, line: string, parent: string) {
    this.#security(time, 4688, 13312, {
      SubjectUserSid: `${SID}-1104`,
      SubjectUserName: user,
      SubjectDomainName: "CORP",
      SubjectLogonId: this.#logonId(),
      NewProcessId: `0x${this.random.int(0x400, 0x4000).toString(16)}`,
      NewProcessName: path,
      TokenElevationType: "%%1938",
      ProcessId: `0x${this.random.int(0x400, 0x4000).toString(16)}`,
      CommandLine: line,
      TargetUserSid: "S-1-0-0",
      TargetUserName: "-",
      TargetDomainName: "-",
      TargetLogonId: "0x0",
      ParentProcessName: parent,
      MandatoryLabel: "S-1-16-8192",
    });
  }

  /** 4720: an account was made. */
  accountCreated(time: number, by: string, user: string) {
    this.#security(time, 4720, 13824, {
      TargetUserName: user,
      TargetDomainName: "CORP",
      TargetSid: `${SID}-1177`,
      ...this.#subject(by),
      PrivilegeList: "-",
      SamAccountName: user,
    });
  }

  /** 4732: an account became a member of a local group. */
  memberAdded(time: number, by: string, user: string, group: string) {
    this.#security(time, 4732, 13826, {
      MemberName: `CN=${user},CN=Users,DC=corp,DC=example`,
      MemberSid: `${SID}-1177`,
      TargetUserName: group,
      TargetDomainName: "Builtin",
      TargetSid: "S-1-5-32-544",
      ...this.#subject(by),
      PrivilegeList: "-",
    });
  }

  /** 7045: a service was installed. */
  serviceInstalled(time: number, name: string, path: string) {
    this.#write(
      time,
      "Name='Service Control Manager' Guid='{555908d1-a6d7-4695-8e1e-26931d2012f4}' EventSourceName='Service Control Manager'",
      "System",
      7045,
      0,
      4,
      "0x8080000000000000",
      eventData({
        ServiceName: name,
        ImagePath: path,
        ServiceType: "user mode service",
        StartType: "demand start",
        AccountName: "LocalSystem",
      }),
    );
  }

  /** An event of any provider and channel; `data` are the names and values of its EventData. */
  event(time: number, provider: string, channel: string, id: number, data: Record<string, string>) {
    this.#write(
      time,
      `Name='${provider}'`,
      channel,
      id,
      0,
      4,
      "0x8000000000000000",
      eventData(data),
    );
  }

  /** An event of the security log. */
  security(time: number, id: number, data: Record<string, string>) {
    this.#security(time, id, 0, data);
  }

  /** 1102: the security log was cleared. */
  logCleared(time: number, by: string) {
    const data = Object.entries({
      SubjectUserSid: `${SID}-1104`,
      SubjectUserName: by,
      SubjectDomainName: "CORP",
      SubjectLogonId: this.#logonId(),
    });
    const user = data.map(([k, v]) => `<${k}>${escapeXml(v)}</${k}>`).join("");
    this.#write(
      time,
      "Name='Microsoft-Windows-Eventlog' Guid='{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}'",
      "Security",
      1102,
      104,
      4,
      "0x4020000000000000",
      `<UserData><LogFileCleared xmlns='http://manifests.microsoft.com/win/2004/08/windows/eventlog'>${user}</LogFileCleared></UserData>`,
    );
  }

  #logonId(): string {
    return `0x${this.random.int(0x10000, 0xffffff).toString(16)}`;
  }

  #subject(user: string) {
    return {
      SubjectUserSid: `${SID}-1104`,
      SubjectUserName: user,
      SubjectDomainName: "CORP",
      SubjectLogonId: this.#logonId(),
    };
  }

  #security(time: number, id: number, task: number, data: Record<string, string>, good = true) {
    this.#write(
      time,
      SECURITY,
      "Security",
      id,
      task,
      0,
      good ? "0x8020000000000000" : "0x8010000000000000",
      eventData(data),
    );
  }

  #write(
    time: number,
    provider: string,
    channel: string,
    id: number,
    task: number,
    level: number,
    keywords: string,
    data: string,
  ) {
    const at = new Date(time).toISOString().replace("Z", "0000Z");
    this.emit(
      time,
      `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider ${provider}/><EventID>${id}</EventID>` +
        `<Version>0</Version><Level>${level}</Level><Task>${task}</Task><Opcode>0</Opcode><Keywords>${keywords}</Keywords>` +
        `<TimeCreated SystemTime='${at}'/><EventRecordID>${++this
          .#record}</EventRecordID><Correlation/>` +
        `<Execution ProcessID='700' ThreadID='${
          this.random.int(704, 6000)
        }'/><Channel>${channel}</Channel>` +
        `<Computer>${this.computer}</Computer><Security/></System>${data}</Event>`,
    );
  }
}

const eventData = (data: Record<string, string>): string =>
  `<EventData>${
    Object.entries(data).map(([k, v]) => `<Data Name='${k}'>${escapeXml(v)}</Data>`).join("")
  }</EventData>`;

const escapeXml = (text: string): string =>
  text.replace(/[<>&'"]/g, (c) => `&#${c.charCodeAt(0)};`);
