/** Brute force attacks on every service with a login, fast and slow. */
import { alert, type Attack } from "./attack.ts";
import { BROWSERS } from "./web.ts";
import { MINUTE, SECOND } from "./world.ts";

export const GUESSING_ATTACKS: readonly Attack[] = [
  {
    name: "ssh_username_enumeration",
    summary: "Username enumeration over SSH within a minute",
    streams: ["auth"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      for (const [i, user] of ["oracle", "test", "ubnt", "pi", "ftp", "git", "www"].entries()) {
        const sshd = `sshd[${6000 + i}]`;
        logs.auth("web1").write(
          at + i * 4 * SECOND,
          sshd,
          `Invalid user ${user} from ${src} port ${40_000 + i}`,
        );
        logs.auth("web1").write(
          at + i * 4 * SECOND,
          sshd,
          `Connection closed by invalid user ${user} ${src} port ${40_000 + i} [preauth]`,
        );
      }
      return [alert("ssh_user_guessing", { src })];
    },
  },
  {
    name: "ssh_low_and_slow",
    summary: "Low-and-slow SSH brute force, one attempt every twenty minutes",
    streams: ["auth"],
    lasts: 110 * MINUTE,
    play({ at, logs, src }) {
      for (const [i, user] of ["root1", "mysql", "oracle", "postgres", "www"].entries()) {
        logs.auth("web1").write(
          at + i * 21 * MINUTE,
          `sshd[${7000 + i}]`,
          `Invalid user ${user} from ${src} port ${41_000 + i}`,
        );
      }
      return [alert("ssh_patient_guessing", { src })];
    },
  },
  {
    name: "ssh_protocol_probing",
    summary: "SSH protocol errors, login timeouts and a connection refused by TCP wrappers",
    streams: ["auth"],
    lasts: 12 * MINUTE,
    play({ at, logs, src }) {
      const log = logs.auth("web2");
      for (let i = 0; i < 8; i++) {
        log.write(
          at + i * 2 * SECOND,
          `sshd[${8000 + i}]`,
          `banner exchange: Connection from ${src} port ${34_000 + i}: invalid format`,
        );
      }
      for (let i = 0; i < 5; i++) {
        log.write(
          at + (i + 1) * 100 * SECOND,
          `sshd[${8100 + i}]`,
          `fatal: Timeout before authentication for ${src} port ${47_000 + i}`,
        );
      }
      log.write(at + 10 * MINUTE, "sshd[8200]", `refused connect from ${src} (${src})`);
      return ["ssh_protocol_probe", "ssh_unfinished_logins", "ssh_refused_connection"].map((rule) =>
        alert(rule, { src })
      );
    },
  },
  {
    name: "mail_brute_force",
    summary: "Brute force of mailbox passwords",
    streams: ["mail"],
    lasts: 10 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 8; i++) {
        logs.mail.login(at + i * 10 * SECOND, src, `user${i % 2}@example.com`, false);
      }
      return [alert("mail_login_guessing", { src })];
    },
  },
  {
    name: "mail_low_and_slow",
    summary: "Brute force of mailbox passwords, one attempt every half hour",
    streams: ["mail"],
    lasts: 130 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 5; i++) {
        logs.mail.login(at + i * 30 * MINUTE, src, "user7@example.com", false);
      }
      return [alert("mail_login_slow_guessing", { src })];
    },
  },
  {
    name: "ftp_brute_force",
    summary: "Brute force of FTP passwords",
    streams: ["auth"],
    lasts: MINUTE,
    play({ at, logs, src, id }) {
      for (let i = 0; i < 8; i++) {
        logs.auth("web2").write(
          at + i * 5 * SECOND,
          `proftpd[${5200 + i}]`,
          `web2 (${src}[${src}]) - USER ftp${id} (Login failed): Incorrect password`,
        );
      }
      return [alert("login_brute_force", { src })];
    },
  },
  {
    name: "vpn_brute_force",
    summary: "Brute force of VPN passwords",
    streams: ["auth"],
    lasts: 3 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 5; i++) {
        logs.auth("web2").write(
          at + i * 20 * SECOND,
          "ovpn-server[901]",
          `${src}:${
            64_000 + i
          } TLS Auth Error: Auth Username/Password verification failed for peer`,
        );
      }
      return [alert("vpn_login_guessing", { src })];
    },
  },
  {
    name: "application_brute_force",
    summary: "Brute force of an application login",
    streams: ["app"],
    lasts: 3 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 5; i++) {
        logs.app.login(at + i * 20 * SECOND, src, "customer17", "failure");
      }
      return [alert("application_login_guessing", { src })];
    },
  },
  {
    name: "wordpress_brute_force",
    summary: "Brute force of a WordPress login form",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 9; i++) {
        logs.web.write(
          at + i * 2 * SECOND,
          src,
          "POST /wp-login.php HTTP/1.1",
          200,
          5364,
          BROWSERS[0],
        );
      }
      return [alert("web_login_guessing", { src })];
    },
  },
  {
    name: "windows_brute_force",
    summary: "Brute force of Windows accounts until they are locked out",
    streams: ["windows"],
    lasts: 5 * MINUTE,
    play({ at, logs, inside, id }) {
      const dest = "DC01.corp.example";
      const log = logs.windows(dest);
      for (let i = 0; i < 12; i++) {
        log.logon(at + i * 8 * SECOND, `target${id}x${i % 2}`, inside, 3, false);
      }
      for (let i = 0; i < 6; i++) {
        log.security(at + (100 + i) * SECOND, 4740, {
          TargetUserName: `target${id}x${i}`,
          TargetDomainName: "WS042",
          TargetSid: "S-1-5-21-1-2-3-1109",
          SubjectUserSid: "S-1-5-18",
          SubjectUserName: "DC01$",
          SubjectDomainName: "CORP",
          SubjectLogonId: "0x3e7",
        });
      }
      return [alert("windows_brute_force", { src: inside }), alert("account_lockouts", { dest })];
    },
  },
  {
    name: "kerberoasting",
    summary: "Kerberoasting: RC4 service tickets of five services",
    streams: ["windows"],
    lasts: 2 * MINUTE,
    when: "working",
    play({ at, logs, inside, id }) {
      const user = `roaster${id}`;
      for (
        const [i, service] of ["sqlsvc", "websvc", "backupsvc", "mailsvc", "filesvc"].entries()
      ) {
        logs.windows("DC01.corp.example").security(at + i * SECOND, 4769, {
          TargetUserName: `${user}@CORP.EXAMPLE`,
          TargetDomainName: "CORP.EXAMPLE",
          ServiceName: service,
          ServiceSid: "S-1-5-21-1-2-3-1200",
          TicketOptions: "0x40810000",
          TicketEncryptionType: "0x17",
          IpAddress: `::ffff:${inside}`,
          IpPort: "50123",
          Status: "0x0",
          LogonGuid: "{00000000-0000-0000-0000-000000000000}",
        });
      }
      return [alert("kerberoasting", { user })];
    },
  },
];
