/** Attacks in auth.log. */
import { alert, type Attack } from "./attack.ts";
import { DAY, HOUR, MINUTE, QUIET_HOST, ROOT_STATION, SECOND } from "./world.ts";

const GUESSES =
  ("admin administrator test guest oracle postgres mysql ubuntu user ftp nagios jenkins git " +
    "hadoop tomcat pi vagrant zabbix ansible minecraft support webmaster info sales").split(" ");

export const AUTH_ATTACKS: readonly Attack[] = [
  {
    name: "ssh_brute_force",
    summary: "SSH brute force of one account that succeeds",
    streams: ["auth"],
    lasts: 4 * MINUTE,
    when: "working",
    play({ at, logs, src }) {
      const log = logs.auth("web2");
      let t = at;
      for (let i = 0; i < 12; i++) t = log.fails(t, src, "deploy", 3, true, 1) + SECOND;
      log.login(t + 20 * SECOND, src, "deploy", "password", 0, 2);
      log.login(t + 80 * SECOND, src, "deploy", "password", 0, 2);
      const entity = { src, dest: "web2" };
      return [
        alert("ssh_brute_force", entity),
        alert("ssh_compromised_account", entity),
        alert("intruder_returns", entity),
      ];
    },
  },
  {
    name: "password_spraying",
    summary: "Password spraying over SSH: two dozen accounts, one attempt each",
    streams: ["auth"],
    lasts: 10 * MINUTE,
    play({ at, logs, src }) {
      let t = at;
      for (const user of GUESSES) {
        logs.auth("mail1").fails(t, src, user, 1, false);
        t += logs.random.int(16, 24) * SECOND;
      }
      return [
        alert("credential_stuffing", { src }),
        alert("password_spraying", { src }),
        alert("ssh_slow_guessing", { src }),
      ];
    },
  },
  {
    name: "credential_stuffing",
    summary: "Credential stuffing over SSH: seven leaked accounts, minutes apart",
    streams: ["auth"],
    lasts: 40 * MINUTE,
    play({ at, logs, src }) {
      let t = at;
      for (const user of ["alice", "j.miller", "carol", "s.weber", "p.novak", "erin", "m.rossi"]) {
        logs.auth("web1").fails(t, src, user, 1, !user.includes("."));
        t += logs.random.int(190, 320) * SECOND;
      }
      return [alert("credential_stuffing", { src })];
    },
  },
  {
    name: "off_hours_login",
    summary: "SSH login at night with a stolen password",
    streams: ["auth"],
    lasts: 40 * MINUTE,
    when: "night",
    play({ at, logs, src }) {
      logs.auth("web1").login(at, src, "grace", "password", 0, 38);
      return [alert("off_hours_login", { src, user: "grace", dest: "web1" })];
    },
  },
  {
    name: "unusual_login_hour",
    summary: "SSH login at night with a stolen key of an account that works by day",
    streams: ["auth"],
    lasts: 40 * MINUTE,
    after: 8 * DAY,
    when: "night",
    play({ at, logs, inside }) {
      logs.auth("web2").login(at, inside, "frank", "publickey", 0, 20);
      return [alert("unusual_login_hour", { src: inside, user: "frank" })];
    },
  },
  {
    name: "lateral_movement",
    summary: "Lateral movement from one internal host to four others over SSH",
    streams: ["auth"],
    lasts: 50 * MINUTE,
    when: "working",
    play({ at, logs, inside, id }) {
      const user = `svc${id}`;
      for (const [i, host] of ["web1", "web2", "db1", "mail1"].entries()) {
        logs.auth(host).login(at + i * 9 * MINUTE, inside, user, "password", 0, 5);
      }
      return [alert("lateral_movement", { src: inside, user })];
    },
  },
  {
    name: "first_root_login",
    summary: "Root login to a host for the first time",
    streams: ["auth"],
    lasts: 20 * MINUTE,
    after: 8 * DAY,
    when: "working",
    play({ at, logs }) {
      logs.auth("db1").login(at, ROOT_STATION, "root", "publickey", 0, 15);
      return [alert("first_admin_login", { user: "root", dest: "db1" })];
    },
  },
  {
    name: "su_brute_force",
    summary: "Brute force of the root password with su",
    streams: ["auth"],
    lasts: 3 * MINUTE,
    play({ at, logs, id }) {
      const user = `temp${id}`;
      for (let i = 0; i < 4; i++) {
        const [t, su] = [at + i * 30 * SECOND, `su[${4000 + i}]`];
        logs.auth("db1").write(
          t,
          su,
          `pam_unix(su:auth): authentication failure; logname=${user} uid=1013 euid=0 tty=/dev/pts/3 ruser=${user} rhost=  user=root`,
        );
        logs.auth("db1").write(t + 2 * SECOND, su, `FAILED SU (to root) ${user} on pts/3`);
      }
      return [alert("su_failures", { src_user: user, dest: "db1" })];
    },
  },
  {
    name: "sudo_abuse",
    summary: "Wrong sudo passwords, sudo by an account without rights, a root shell",
    streams: ["auth"],
    lasts: 20 * MINUTE,
    play({ at, logs, id }) {
      const log = logs.auth("web2");
      const [user, other] = [`intern${id}`, `www-data${id}`];
      log.sudoRefused(at, user, "3 incorrect password attempts", "/usr/bin/ls /root");
      log.sudoRefused(at + MINUTE, other, "user NOT in sudoers", "/usr/bin/id");
      log.sudo(at + 2 * MINUTE, user, "/tmp/.x", "/bin/bash", 900);
      return [
        alert("sudo_failures", { src_user: user, dest: "web2" }),
        alert("sudo_not_in_sudoers", { dest: "web2" }),
        alert("sudo_shell", { dest: "web2" }),
      ];
    },
  },
  {
    name: "backdoor_account",
    summary: "A new local account is added to the sudo group",
    streams: ["auth"],
    lasts: 2 * MINUTE,
    play({ at, logs, id }) {
      const log = logs.auth("mail1");
      const user = `sysupd${id}`;
      const useradd = `useradd[${log.pid()}]`;
      log.write(at, useradd, `new group: name=${user}, GID=1013`);
      log.write(
        at,
        useradd,
        `new user: name=${user}, UID=1013, GID=1013, home=/home/${user}, shell=/bin/bash, from=/dev/pts/1`,
      );
      log.write(at + 20 * SECOND, `usermod[${log.pid()}]`, `add '${user}' to group 'sudo'`);
      return [
        alert("account_created", { user, dest: "mail1" }),
        alert("privileged_group", { member: user, dest: "mail1" }),
      ];
    },
  },
  {
    name: "logging_disabled",
    summary: "A host stops sending logs",
    streams: ["auth"],
    lasts: DAY + 3 * HOUR,
    after: 2 * HOUR,
    play: () => [alert("source_silent", { host: QUIET_HOST })],
  },
];
