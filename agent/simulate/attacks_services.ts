/** Attacks on applications, web forms, mail and clusters, and what products report of them. */
import { alert, type Attack } from "./attack.ts";
import { BROWSERS } from "./web.ts";
import { HOUR, MINUTE, SECOND } from "./world.ts";

const iso = (time: number) => new Date(time).toISOString();

export const SERVICE_ATTACKS: readonly Attack[] = [
  {
    name: "firewall_reports_attack",
    summary: "An attack that a web application firewall blocks",
    streams: ["errors"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.errors.apache(
        at,
        "security2",
        src,
        `[client ${src}] ModSecurity: Access denied with code 403 (phase 2). Matched "x" at ARGS:id. [file "/etc/crs/REQUEST-942.conf"] [line "45"] [id "942100"] [msg "SQL Injection Attack Detected via libinjection"] [severity "CRITICAL"] [hostname "www.example.com"] [uri "/"]`,
      );
      return [alert("security_product_alert", { src })];
    },
  },
  {
    name: "application_alerts",
    summary: "An application calls for help, and a service shuts a guesser out",
    streams: ["auth"],
    lasts: 2 * MINUTE,
    play({ at, logs, src, id }) {
      const log = logs.auth("web2");
      const text = `ALERT: ledger ${id} was changed by hand`;
      log.write(at, "billing[77]", text);
      log.write(
        at + MINUTE,
        "lfd[78]",
        `(ftpd) Failed FTP login from ${src} (-/-/-): 5 in the last 300 secs - *Blocked in csf* [LF_FTPD]`,
      );
      return [
        alert("application_alert", { dest: "web2" }),
        alert("blocked_by_service", { src }),
      ];
    },
  },
  {
    name: "access_list_probing",
    summary: "A scanner that the access list of a telephone exchange refuses",
    streams: ["app"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 12; i++) {
        const t = at + i * 2 * SECOND;
        logs.emit(
          "app",
          t,
          JSON.stringify({ time: iso(t), service: "sip", client_ip: src, action: "blocked" }),
        );
      }
      return [alert("connections_refused", { src })];
    },
  },
  {
    name: "card_testing",
    summary: "Stolen card numbers tried out, from one address and from many",
    streams: ["app"],
    lasts: 3 * HOUR,
    play({ at, logs, src, id }) {
      const fails = (time: number, from: string) =>
        logs.emit(
          "app",
          time,
          JSON.stringify({
            time: iso(time),
            host: { name: "app1" },
            source: { ip: from },
            message: "payment declined",
          }),
        );
      for (let i = 0; i < 5; i++) fails(at + i * 10 * SECOND, src);
      for (let i = 0; i < 12; i++) {
        fails(at + 2 * HOUR + i * 10 * SECOND, `198.18.${id % 250}.${100 + i}`);
      }
      return [
        alert("card_testing", { src }),
        alert("distributed_card_testing", { host: "app1" }),
      ];
    },
  },
  {
    name: "privileged_pod",
    summary: "A privileged pod in Kubernetes",
    streams: ["cloud"],
    lasts: MINUTE,
    play({ at, logs, src, id }) {
      logs.emit(
        "cloud",
        at,
        JSON.stringify({
          kind: "Event",
          apiVersion: "audit.k8s.io/v1",
          auditID: `p${id}`,
          requestURI: "/api/v1/namespaces/shop/pods",
          verb: "create",
          user: { username: `dev${id}` },
          sourceIPs: [src],
          objectRef: { resource: "pods", namespace: "shop", name: "p" },
          responseStatus: { code: 201 },
          requestObject: {
            spec: { containers: [{ name: "c", securityContext: { privileged: true } }] },
          },
          requestReceivedTimestamp: iso(at),
        }),
      );
      return [alert("privileged_pod", { src, user: `dev${id}` })];
    },
  },
  {
    name: "web_shell_upload",
    summary: "A web shell sent to Tomcat's manager, then run",
    streams: ["web"],
    lasts: 2 * MINUTE,
    play({ at, logs, src }) {
      const agent = BROWSERS[0];
      logs.web.write(at, src, "POST /manager/html/upload HTTP/1.1", 200, 18_421, agent);
      logs.web.write(at + MINUTE, src, "GET /cmd/cmd.jsp?cmd=whoami HTTP/1.1", 200, 312, agent);
      return [
        alert("upload_then_run", { src }),
        alert("command_injection", { src }),
        alert("restricted_path", { src }),
      ];
    },
  },
  {
    name: "account_harvest",
    summary: "WordPress authors by number, and requests of a version that there is not",
    streams: ["web"],
    lasts: 3 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 1; i <= 8; i++) {
        logs.web.write(
          at + i * 2 * SECOND,
          src,
          `GET /?author=${i} HTTP/1.1`,
          301,
          20,
          BROWSERS[1],
        );
      }
      logs.web.write(at + 2 * MINUTE, src, "GET / HTTP/1.9", 400, 157, "-");
      return [alert("user_enumeration", { src }), alert("invalid_http_version", { src })];
    },
  },
  {
    name: "form_and_basic_guessing",
    summary: "Passwords guessed for a form that is shown again, and for a protected folder",
    streams: ["web"],
    lasts: 10 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 7; i++) {
        const t = at + i * 5 * SECOND;
        logs.web.write(t, src, "POST /apps/login HTTP/1.1", 200, 1950, BROWSERS[0]);
        logs.web.write(t + 5 * MINUTE, src, "GET /private/ HTTP/1.1", 401, 381, BROWSERS[0]);
      }
      return [alert("login_page_guessing", { src }), alert("http_auth_guessing", { src })];
    },
  },
  {
    name: "slow_forced_browsing",
    summary: "A web scan of one missing page in two minutes",
    streams: ["web"],
    lasts: 40 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 16; i++) {
        logs.web.write(
          at + i * 2 * MINUTE,
          src,
          `GET /export/${2000 + i} HTTP/1.1`,
          404,
          162,
          BROWSERS[2],
        );
      }
      return [alert("slow_web_scan", { src })];
    },
  },
  {
    name: "product_probe",
    summary: "A request for an appliance that is not there",
    streams: ["web"],
    lasts: MINUTE,
    play({ at, logs, src }) {
      logs.web.get(at, src, "/crx/packmgr/service.jsp", 404, BROWSERS[3]);
      return [alert("product_probing", { src })];
    },
  },
  {
    name: "spam_run",
    summary: "Relay attempts, refused mail over minutes, and a login for a role mailbox",
    streams: ["mail"],
    lasts: 30 * MINUTE,
    play({ at, logs, src }) {
      const reply = "554 5.7.1 <x@example.net>: Relay access denied";
      for (let i = 0; i < 5; i++) {
        logs.mail.refused(at + i * 5 * MINUTE, src, reply, `x${i}@example.net`);
      }
      logs.mail.login(at + 29 * MINUTE, src, "postmaster@example.com", false);
      return [
        alert("relay_attempts", { src }),
        alert("smtp_slow_rejections", { src }),
        alert("mailbox_name_guessing", { src }),
      ];
    },
  },
  {
    name: "root_logins_abandoned",
    summary: "SSH logins as root abandoned, and Windows logons that fail",
    streams: ["auth", "windows"],
    lasts: 5 * MINUTE,
    play({ at, logs, src, id }) {
      for (let i = 0; i < 8; i++) {
        logs.auth("web2").write(
          at + i * 2 * SECOND,
          `sshd[${9600 + i}]`,
          `Disconnected from authenticating user root ${src} port ${48_000 + i} [preauth]`,
        );
      }
      for (let i = 0; i < 7; i++) {
        logs.windows("FS01.corp.example").logon(
          at + 4 * MINUTE + i * 5 * SECOND,
          `user${id}`,
          src,
          3,
          false,
        );
      }
      return [alert("key_only_root_guessing", { src }), alert("windows_logon_guessing", { src })];
    },
  },
  {
    name: "stolen_key_elsewhere",
    summary: "One key used from two addresses outside within minutes",
    streams: ["auth"],
    lasts: 10 * MINUTE,
    when: "working",
    play({ at, logs, src, id }) {
      const log = logs.auth("web2");
      log.login(at, src, "heidi", "publickey", 0, 2);
      log.login(at + 5 * MINUTE, `198.18.${id % 250}.7`, "heidi", "publickey", 0, 2);
      return [alert("concurrent_logins", { user: "heidi" })];
    },
  },
  {
    name: "network_sweeps",
    summary: "One port of forty hosts, then forty ports of forty hosts",
    streams: ["firewall"],
    lasts: 30 * MINUTE,
    play({ at, logs, src }) {
      for (let i = 0; i < 40; i++) {
        const dest = `192.0.2.${100 + i}`;
        logs.firewall.inbound(at + i * 5 * SECOND, "BLOCK", { src, dest, port: 445 });
        logs.firewall.inbound(at + 20 * MINUTE + i * 5 * SECOND, "BLOCK", {
          src,
          dest,
          port: 1000 + i * 37,
        });
      }
      return [alert("host_sweep", { src }), alert("scattered_scan", { src })];
    },
  },
];
