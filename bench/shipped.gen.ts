// Written by `deno task bench:list`: the shipped rules and sourcetypes.
import "./no_environment.ts";
import t0 from "../sourcetypes/access_combined.yaml" with { type: "text" };
import t1 from "../sourcetypes/apache_error.yaml" with { type: "text" };
import t2 from "../sourcetypes/app_log.yaml" with { type: "text" };
import t3 from "../sourcetypes/asterisk.yaml" with { type: "text" };
import t4 from "../sourcetypes/aws_cloudfront.yaml" with { type: "text" };
import t5 from "../sourcetypes/aws_cloudtrail.yaml" with { type: "text" };
import t6 from "../sourcetypes/aws_elb.yaml" with { type: "text" };
import t7 from "../sourcetypes/aws_vpcflow.yaml" with { type: "text" };
import t8 from "../sourcetypes/cef.yaml" with { type: "text" };
import t9 from "../sourcetypes/cisco_asa.yaml" with { type: "text" };
import t10 from "../sourcetypes/container.yaml" with { type: "text" };
import t11 from "../sourcetypes/courier.yaml" with { type: "text" };
import t12 from "../sourcetypes/csv.yaml" with { type: "text" };
import t13 from "../sourcetypes/cyrus.yaml" with { type: "text" };
import t14 from "../sourcetypes/daemon_logins.yaml" with { type: "text" };
import t15 from "../sourcetypes/dovecot.yaml" with { type: "text" };
import t16 from "../sourcetypes/dropbear.yaml" with { type: "text" };
import t17 from "../sourcetypes/exim.yaml" with { type: "text" };
import t18 from "../sourcetypes/freeswitch.yaml" with { type: "text" };
import t19 from "../sourcetypes/haproxy.yaml" with { type: "text" };
import t20 from "../sourcetypes/iis.yaml" with { type: "text" };
import t21 from "../sourcetypes/json.yaml" with { type: "text" };
import t22 from "../sourcetypes/leef.yaml" with { type: "text" };
import t23 from "../sourcetypes/lighttpd_error.yaml" with { type: "text" };
import t24 from "../sourcetypes/linux_audit.yaml" with { type: "text" };
import t25 from "../sourcetypes/linux_firewall.yaml" with { type: "text" };
import t26 from "../sourcetypes/linux_kernel.yaml" with { type: "text" };
import t27 from "../sourcetypes/linux_secure.yaml" with { type: "text" };
import t28 from "../sourcetypes/logfmt.yaml" with { type: "text" };
import t29 from "../sourcetypes/mikrotik.yaml" with { type: "text" };
import t30 from "../sourcetypes/mongodb.yaml" with { type: "text" };
import t31 from "../sourcetypes/monit.yaml" with { type: "text" };
import t32 from "../sourcetypes/mssql.yaml" with { type: "text" };
import t33 from "../sourcetypes/mysql.yaml" with { type: "text" };
import t34 from "../sourcetypes/named.yaml" with { type: "text" };
import t35 from "../sourcetypes/nginx_error.yaml" with { type: "text" };
import t36 from "../sourcetypes/openvpn.yaml" with { type: "text" };
import t37 from "../sourcetypes/pf.yaml" with { type: "text" };
import t38 from "../sourcetypes/postfix.yaml" with { type: "text" };
import t39 from "../sourcetypes/postgresql.yaml" with { type: "text" };
import t40 from "../sourcetypes/proftpd.yaml" with { type: "text" };
import t41 from "../sourcetypes/pure_ftpd.yaml" with { type: "text" };
import t42 from "../sourcetypes/roundcube.yaml" with { type: "text" };
import t43 from "../sourcetypes/samba.yaml" with { type: "text" };
import t44 from "../sourcetypes/sendmail.yaml" with { type: "text" };
import t45 from "../sourcetypes/slapd.yaml" with { type: "text" };
import t46 from "../sourcetypes/squid.yaml" with { type: "text" };
import t47 from "../sourcetypes/syslog.yaml" with { type: "text" };
import t48 from "../sourcetypes/vsftpd.yaml" with { type: "text" };
import t49 from "../sourcetypes/webmin.yaml" with { type: "text" };
import t50 from "../sourcetypes/windows.yaml" with { type: "text" };
import t51 from "../sourcetypes/windows_application.yaml" with { type: "text" };
import t52 from "../sourcetypes/windows_defender.yaml" with { type: "text" };
import t53 from "../sourcetypes/windows_powershell.yaml" with { type: "text" };
import t54 from "../sourcetypes/windows_security.yaml" with { type: "text" };
import t55 from "../sourcetypes/windows_sysmon.yaml" with { type: "text" };
import t56 from "../sourcetypes/windows_system.yaml" with { type: "text" };
import t57 from "../sourcetypes/windows_task_scheduler.yaml" with { type: "text" };
import t58 from "../rules/command-and-control/beaconing.sdl" with { type: "text" };
import t59 from "../rules/command-and-control/c2_port.sdl" with { type: "text" };
import t60 from "../rules/command-and-control/dns_spike.sdl" with { type: "text" };
import t61 from "../rules/command-and-control/system_tool_downloads.sdl" with { type: "text" };
import t62 from "../rules/credential-access/account_lockouts.sdl" with { type: "text" };
import t63 from "../rules/credential-access/credential_stores_copied.sdl" with { type: "text" };
import t64 from "../rules/credential-access/credential_stuffing.sdl" with { type: "text" };
import t65 from "../rules/credential-access/kerberoasting.sdl" with { type: "text" };
import t66 from "../rules/credential-access/login_brute_force.sdl" with { type: "text" };
import t67 from "../rules/credential-access/lsass_memory.sdl" with { type: "text" };
import t68 from "../rules/credential-access/password_spraying.sdl" with { type: "text" };
import t69 from "../rules/credential-access/ssh_brute_force.sdl" with { type: "text" };
import t70 from "../rules/credential-access/ssh_compromised_account.sdl" with { type: "text" };
import t71 from "../rules/credential-access/ssh_probing.sdl" with { type: "text" };
import t72 from "../rules/credential-access/web_login_guessing.sdl" with { type: "text" };
import t73 from "../rules/credential-access/windows_brute_force.sdl" with { type: "text" };
import t74 from "../rules/defense-evasion/audit_policy_changed.sdl" with { type: "text" };
import t75 from "../rules/defense-evasion/log_cleared.sdl" with { type: "text" };
import t76 from "../rules/defense-evasion/protection_disabled.sdl" with { type: "text" };
import t77 from "../rules/defense-evasion/script_host_abused.sdl" with { type: "text" };
import t78 from "../rules/defense-evasion/source_silent.sdl" with { type: "text" };
import t79 from "../rules/discovery/cloud_discovery.sdl" with { type: "text" };
import t80 from "../rules/discovery/domain_reconnaissance.sdl" with { type: "text" };
import t81 from "../rules/discovery/path_traversal.sdl" with { type: "text" };
import t82 from "../rules/discovery/port_scan.sdl" with { type: "text" };
import t83 from "../rules/execution/command_injection.sdl" with { type: "text" };
import t84 from "../rules/execution/container_shell.sdl" with { type: "text" };
import t85 from "../rules/execution/downloaded_program.sdl" with { type: "text" };
import t86 from "../rules/execution/malware_found.sdl" with { type: "text" };
import t87 from "../rules/execution/office_starts_shell.sdl" with { type: "text" };
import t88 from "../rules/execution/powershell_download.sdl" with { type: "text" };
import t89 from "../rules/execution/powershell_encoded.sdl" with { type: "text" };
import t90 from "../rules/execution/web_server_starts_shell.sdl" with { type: "text" };
import t91 from "../rules/exfiltration/exfiltration.sdl" with { type: "text" };
import t92 from "../rules/impact/recovery_prevented.sdl" with { type: "text" };
import t93 from "../rules/impact/traffic_spike.sdl" with { type: "text" };
import t94 from "../rules/impact/web_floods.sdl" with { type: "text" };
import t95 from "../rules/initial-access/first_admin_login.sdl" with { type: "text" };
import t96 from "../rules/initial-access/known_exploits.sdl" with { type: "text" };
import t97 from "../rules/initial-access/off_hours_login.sdl" with { type: "text" };
import t98 from "../rules/initial-access/recon_exploit_login.sdl" with { type: "text" };
import t99 from "../rules/initial-access/sql_injection.sdl" with { type: "text" };
import t100 from "../rules/initial-access/unauthorized_access.sdl" with { type: "text" };
import t101 from "../rules/lateral-movement/lateral_movement.sdl" with { type: "text" };
import t102 from "../rules/lateral-movement/remote_service.sdl" with { type: "text" };
import t103 from "../rules/lists.sdl" with { type: "text" };
import t104 from "../rules/persistence/account_created.sdl" with { type: "text" };
import t105 from "../rules/persistence/new_service.sdl" with { type: "text" };
import t106 from "../rules/persistence/privileged_group.sdl" with { type: "text" };
import t107 from "../rules/persistence/run_key.sdl" with { type: "text" };
import t108 from "../rules/persistence/wmi_subscription.sdl" with { type: "text" };
import t109 from "../rules/privilege-escalation/local_exploits.sdl" with { type: "text" };
import t110 from "../rules/privilege-escalation/su_failures.sdl" with { type: "text" };
import t111 from "../rules/privilege-escalation/sudo.sdl" with { type: "text" };
import t112 from "../rules/privilege-escalation/uac_bypass.sdl" with { type: "text" };
import t113 from "../rules/reconnaissance/honeypot_connection.sdl" with { type: "text" };
import t114 from "../rules/reconnaissance/scanner_agent.sdl" with { type: "text" };
import t115 from "../rules/reconnaissance/smtp_probing.sdl" with { type: "text" };
import t116 from "../rules/reconnaissance/vulnerability_scan.sdl" with { type: "text" };
import t117 from "../rules/reconnaissance/web_probing.sdl" with { type: "text" };

export const YAML = [
  { name: "sourcetypes/access_combined.yaml", text: t0 },
  { name: "sourcetypes/apache_error.yaml", text: t1 },
  { name: "sourcetypes/app_log.yaml", text: t2 },
  { name: "sourcetypes/asterisk.yaml", text: t3 },
  { name: "sourcetypes/aws_cloudfront.yaml", text: t4 },
  { name: "sourcetypes/aws_cloudtrail.yaml", text: t5 },
  { name: "sourcetypes/aws_elb.yaml", text: t6 },
  { name: "sourcetypes/aws_vpcflow.yaml", text: t7 },
  { name: "sourcetypes/cef.yaml", text: t8 },
  { name: "sourcetypes/cisco_asa.yaml", text: t9 },
  { name: "sourcetypes/container.yaml", text: t10 },
  { name: "sourcetypes/courier.yaml", text: t11 },
  { name: "sourcetypes/csv.yaml", text: t12 },
  { name: "sourcetypes/cyrus.yaml", text: t13 },
  { name: "sourcetypes/daemon_logins.yaml", text: t14 },
  { name: "sourcetypes/dovecot.yaml", text: t15 },
  { name: "sourcetypes/dropbear.yaml", text: t16 },
  { name: "sourcetypes/exim.yaml", text: t17 },
  { name: "sourcetypes/freeswitch.yaml", text: t18 },
  { name: "sourcetypes/haproxy.yaml", text: t19 },
  { name: "sourcetypes/iis.yaml", text: t20 },
  { name: "sourcetypes/json.yaml", text: t21 },
  { name: "sourcetypes/leef.yaml", text: t22 },
  { name: "sourcetypes/lighttpd_error.yaml", text: t23 },
  { name: "sourcetypes/linux_audit.yaml", text: t24 },
  { name: "sourcetypes/linux_firewall.yaml", text: t25 },
  { name: "sourcetypes/linux_kernel.yaml", text: t26 },
  { name: "sourcetypes/linux_secure.yaml", text: t27 },
  { name: "sourcetypes/logfmt.yaml", text: t28 },
  { name: "sourcetypes/mikrotik.yaml", text: t29 },
  { name: "sourcetypes/mongodb.yaml", text: t30 },
  { name: "sourcetypes/monit.yaml", text: t31 },
  { name: "sourcetypes/mssql.yaml", text: t32 },
  { name: "sourcetypes/mysql.yaml", text: t33 },
  { name: "sourcetypes/named.yaml", text: t34 },
  { name: "sourcetypes/nginx_error.yaml", text: t35 },
  { name: "sourcetypes/openvpn.yaml", text: t36 },
  { name: "sourcetypes/pf.yaml", text: t37 },
  { name: "sourcetypes/postfix.yaml", text: t38 },
  { name: "sourcetypes/postgresql.yaml", text: t39 },
  { name: "sourcetypes/proftpd.yaml", text: t40 },
  { name: "sourcetypes/pure_ftpd.yaml", text: t41 },
  { name: "sourcetypes/roundcube.yaml", text: t42 },
  { name: "sourcetypes/samba.yaml", text: t43 },
  { name: "sourcetypes/sendmail.yaml", text: t44 },
  { name: "sourcetypes/slapd.yaml", text: t45 },
  { name: "sourcetypes/squid.yaml", text: t46 },
  { name: "sourcetypes/syslog.yaml", text: t47 },
  { name: "sourcetypes/vsftpd.yaml", text: t48 },
  { name: "sourcetypes/webmin.yaml", text: t49 },
  { name: "sourcetypes/windows.yaml", text: t50 },
  { name: "sourcetypes/windows_application.yaml", text: t51 },
  { name: "sourcetypes/windows_defender.yaml", text: t52 },
  { name: "sourcetypes/windows_powershell.yaml", text: t53 },
  { name: "sourcetypes/windows_security.yaml", text: t54 },
  { name: "sourcetypes/windows_sysmon.yaml", text: t55 },
  { name: "sourcetypes/windows_system.yaml", text: t56 },
  { name: "sourcetypes/windows_task_scheduler.yaml", text: t57 },
];

export const SDL = [
  { name: "rules/command-and-control/beaconing.sdl", text: t58 },
  { name: "rules/command-and-control/c2_port.sdl", text: t59 },
  { name: "rules/command-and-control/dns_spike.sdl", text: t60 },
  { name: "rules/command-and-control/system_tool_downloads.sdl", text: t61 },
  { name: "rules/credential-access/account_lockouts.sdl", text: t62 },
  { name: "rules/credential-access/credential_stores_copied.sdl", text: t63 },
  { name: "rules/credential-access/credential_stuffing.sdl", text: t64 },
  { name: "rules/credential-access/kerberoasting.sdl", text: t65 },
  { name: "rules/credential-access/login_brute_force.sdl", text: t66 },
  { name: "rules/credential-access/lsass_memory.sdl", text: t67 },
  { name: "rules/credential-access/password_spraying.sdl", text: t68 },
  { name: "rules/credential-access/ssh_brute_force.sdl", text: t69 },
  { name: "rules/credential-access/ssh_compromised_account.sdl", text: t70 },
  { name: "rules/credential-access/ssh_probing.sdl", text: t71 },
  { name: "rules/credential-access/web_login_guessing.sdl", text: t72 },
  { name: "rules/credential-access/windows_brute_force.sdl", text: t73 },
  { name: "rules/defense-evasion/audit_policy_changed.sdl", text: t74 },
  { name: "rules/defense-evasion/log_cleared.sdl", text: t75 },
  { name: "rules/defense-evasion/protection_disabled.sdl", text: t76 },
  { name: "rules/defense-evasion/script_host_abused.sdl", text: t77 },
  { name: "rules/defense-evasion/source_silent.sdl", text: t78 },
  { name: "rules/discovery/cloud_discovery.sdl", text: t79 },
  { name: "rules/discovery/domain_reconnaissance.sdl", text: t80 },
  { name: "rules/discovery/path_traversal.sdl", text: t81 },
  { name: "rules/discovery/port_scan.sdl", text: t82 },
  { name: "rules/execution/command_injection.sdl", text: t83 },
  { name: "rules/execution/container_shell.sdl", text: t84 },
  { name: "rules/execution/downloaded_program.sdl", text: t85 },
  { name: "rules/execution/malware_found.sdl", text: t86 },
  { name: "rules/execution/office_starts_shell.sdl", text: t87 },
  { name: "rules/execution/powershell_download.sdl", text: t88 },
  { name: "rules/execution/powershell_encoded.sdl", text: t89 },
  { name: "rules/execution/web_server_starts_shell.sdl", text: t90 },
  { name: "rules/exfiltration/exfiltration.sdl", text: t91 },
  { name: "rules/impact/recovery_prevented.sdl", text: t92 },
  { name: "rules/impact/traffic_spike.sdl", text: t93 },
  { name: "rules/impact/web_floods.sdl", text: t94 },
  { name: "rules/initial-access/first_admin_login.sdl", text: t95 },
  { name: "rules/initial-access/known_exploits.sdl", text: t96 },
  { name: "rules/initial-access/off_hours_login.sdl", text: t97 },
  { name: "rules/initial-access/recon_exploit_login.sdl", text: t98 },
  { name: "rules/initial-access/sql_injection.sdl", text: t99 },
  { name: "rules/initial-access/unauthorized_access.sdl", text: t100 },
  { name: "rules/lateral-movement/lateral_movement.sdl", text: t101 },
  { name: "rules/lateral-movement/remote_service.sdl", text: t102 },
  { name: "rules/lists.sdl", text: t103 },
  { name: "rules/persistence/account_created.sdl", text: t104 },
  { name: "rules/persistence/new_service.sdl", text: t105 },
  { name: "rules/persistence/privileged_group.sdl", text: t106 },
  { name: "rules/persistence/run_key.sdl", text: t107 },
  { name: "rules/persistence/wmi_subscription.sdl", text: t108 },
  { name: "rules/privilege-escalation/local_exploits.sdl", text: t109 },
  { name: "rules/privilege-escalation/su_failures.sdl", text: t110 },
  { name: "rules/privilege-escalation/sudo.sdl", text: t111 },
  { name: "rules/privilege-escalation/uac_bypass.sdl", text: t112 },
  { name: "rules/reconnaissance/honeypot_connection.sdl", text: t113 },
  { name: "rules/reconnaissance/scanner_agent.sdl", text: t114 },
  { name: "rules/reconnaissance/smtp_probing.sdl", text: t115 },
  { name: "rules/reconnaissance/vulnerability_scan.sdl", text: t116 },
  { name: "rules/reconnaissance/web_probing.sdl", text: t117 },
];
