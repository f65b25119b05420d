// Written by `deno task bench:list`: the shipped rules and sourcetypes.
import "./no_environment.ts";
import sourcetypes_access_combined_yaml from "../sourcetypes/access_combined.yaml" with { type: "text" };
import sourcetypes_apache_error_yaml from "../sourcetypes/apache_error.yaml" with { type: "text" };
import sourcetypes_app_log_yaml from "../sourcetypes/app_log.yaml" with { type: "text" };
import sourcetypes_asterisk_yaml from "../sourcetypes/asterisk.yaml" with { type: "text" };
import sourcetypes_aws_cloudfront_yaml from "../sourcetypes/aws_cloudfront.yaml" with { type: "text" };
import sourcetypes_aws_cloudtrail_yaml from "../sourcetypes/aws_cloudtrail.yaml" with { type: "text" };
import sourcetypes_aws_elb_yaml from "../sourcetypes/aws_elb.yaml" with { type: "text" };
import sourcetypes_aws_vpcflow_yaml from "../sourcetypes/aws_vpcflow.yaml" with { type: "text" };
import sourcetypes_cef_yaml from "../sourcetypes/cef.yaml" with { type: "text" };
import sourcetypes_cisco_asa_yaml from "../sourcetypes/cisco_asa.yaml" with { type: "text" };
import sourcetypes_cisco_ios_yaml from "../sourcetypes/cisco_ios.yaml" with { type: "text" };
import sourcetypes_citrix_netscaler_yaml from "../sourcetypes/citrix_netscaler.yaml" with { type: "text" };
import sourcetypes_container_yaml from "../sourcetypes/container.yaml" with { type: "text" };
import sourcetypes_courier_yaml from "../sourcetypes/courier.yaml" with { type: "text" };
import sourcetypes_csv_yaml from "../sourcetypes/csv.yaml" with { type: "text" };
import sourcetypes_cyrus_yaml from "../sourcetypes/cyrus.yaml" with { type: "text" };
import sourcetypes_daemon_logins_yaml from "../sourcetypes/daemon_logins.yaml" with { type: "text" };
import sourcetypes_dnsmasq_yaml from "../sourcetypes/dnsmasq.yaml" with { type: "text" };
import sourcetypes_dovecot_yaml from "../sourcetypes/dovecot.yaml" with { type: "text" };
import sourcetypes_dropbear_yaml from "../sourcetypes/dropbear.yaml" with { type: "text" };
import sourcetypes_envoy_yaml from "../sourcetypes/envoy.yaml" with { type: "text" };
import sourcetypes_exchange_yaml from "../sourcetypes/exchange.yaml" with { type: "text" };
import sourcetypes_exim_yaml from "../sourcetypes/exim.yaml" with { type: "text" };
import sourcetypes_freeswitch_yaml from "../sourcetypes/freeswitch.yaml" with { type: "text" };
import sourcetypes_gcp_audit_yaml from "../sourcetypes/gcp_audit.yaml" with { type: "text" };
import sourcetypes_general_yaml from "../sourcetypes/general.yaml" with { type: "text" };
import sourcetypes_haproxy_yaml from "../sourcetypes/haproxy.yaml" with { type: "text" };
import sourcetypes_honeypots_yaml from "../sourcetypes/honeypots.yaml" with { type: "text" };
import sourcetypes_iis_yaml from "../sourcetypes/iis.yaml" with { type: "text" };
import sourcetypes_json_yaml from "../sourcetypes/json.yaml" with { type: "text" };
import sourcetypes_leef_yaml from "../sourcetypes/leef.yaml" with { type: "text" };
import sourcetypes_lighttpd_error_yaml from "../sourcetypes/lighttpd_error.yaml" with { type: "text" };
import sourcetypes_linux_audit_yaml from "../sourcetypes/linux_audit.yaml" with { type: "text" };
import sourcetypes_linux_firewall_yaml from "../sourcetypes/linux_firewall.yaml" with { type: "text" };
import sourcetypes_linux_kernel_yaml from "../sourcetypes/linux_kernel.yaml" with { type: "text" };
import sourcetypes_linux_secure_yaml from "../sourcetypes/linux_secure.yaml" with { type: "text" };
import sourcetypes_logfmt_yaml from "../sourcetypes/logfmt.yaml" with { type: "text" };
import sourcetypes_microsoft_entra_yaml from "../sourcetypes/microsoft_entra.yaml" with { type: "text" };
import sourcetypes_mikrotik_yaml from "../sourcetypes/mikrotik.yaml" with { type: "text" };
import sourcetypes_mongodb_yaml from "../sourcetypes/mongodb.yaml" with { type: "text" };
import sourcetypes_monit_yaml from "../sourcetypes/monit.yaml" with { type: "text" };
import sourcetypes_mssql_yaml from "../sourcetypes/mssql.yaml" with { type: "text" };
import sourcetypes_mysql_yaml from "../sourcetypes/mysql.yaml" with { type: "text" };
import sourcetypes_named_yaml from "../sourcetypes/named.yaml" with { type: "text" };
import sourcetypes_nginx_error_yaml from "../sourcetypes/nginx_error.yaml" with { type: "text" };
import sourcetypes_openvpn_yaml from "../sourcetypes/openvpn.yaml" with { type: "text" };
import sourcetypes_pan_os_yaml from "../sourcetypes/pan_os.yaml" with { type: "text" };
import sourcetypes_pf_yaml from "../sourcetypes/pf.yaml" with { type: "text" };
import sourcetypes_postfix_yaml from "../sourcetypes/postfix.yaml" with { type: "text" };
import sourcetypes_postgresql_yaml from "../sourcetypes/postgresql.yaml" with { type: "text" };
import sourcetypes_proftpd_yaml from "../sourcetypes/proftpd.yaml" with { type: "text" };
import sourcetypes_pure_ftpd_yaml from "../sourcetypes/pure_ftpd.yaml" with { type: "text" };
import sourcetypes_roundcube_yaml from "../sourcetypes/roundcube.yaml" with { type: "text" };
import sourcetypes_samba_yaml from "../sourcetypes/samba.yaml" with { type: "text" };
import sourcetypes_sendmail_yaml from "../sourcetypes/sendmail.yaml" with { type: "text" };
import sourcetypes_slapd_yaml from "../sourcetypes/slapd.yaml" with { type: "text" };
import sourcetypes_snort_yaml from "../sourcetypes/snort.yaml" with { type: "text" };
import sourcetypes_squid_yaml from "../sourcetypes/squid.yaml" with { type: "text" };
import sourcetypes_syslog_yaml from "../sourcetypes/syslog.yaml" with { type: "text" };
import sourcetypes_unbound_yaml from "../sourcetypes/unbound.yaml" with { type: "text" };
import sourcetypes_vsftpd_yaml from "../sourcetypes/vsftpd.yaml" with { type: "text" };
import sourcetypes_wazuh_api_yaml from "../sourcetypes/wazuh_api.yaml" with { type: "text" };
import sourcetypes_webmin_yaml from "../sourcetypes/webmin.yaml" with { type: "text" };
import sourcetypes_windows_yaml from "../sourcetypes/windows.yaml" with { type: "text" };
import sourcetypes_windows_application_yaml from "../sourcetypes/windows_application.yaml" with { type: "text" };
import sourcetypes_windows_defender_yaml from "../sourcetypes/windows_defender.yaml" with { type: "text" };
import sourcetypes_windows_powershell_yaml from "../sourcetypes/windows_powershell.yaml" with { type: "text" };
import sourcetypes_windows_security_yaml from "../sourcetypes/windows_security.yaml" with { type: "text" };
import sourcetypes_windows_sysmon_yaml from "../sourcetypes/windows_sysmon.yaml" with { type: "text" };
import sourcetypes_windows_system_yaml from "../sourcetypes/windows_system.yaml" with { type: "text" };
import sourcetypes_windows_task_scheduler_yaml from "../sourcetypes/windows_task_scheduler.yaml" with { type: "text" };
import rules_command_and_control_beaconing_sdl from "../rules/command-and-control/beaconing.sdl" with { type: "text" };
import rules_command_and_control_c2_port_sdl from "../rules/command-and-control/c2_port.sdl" with { type: "text" };
import rules_command_and_control_dns_spike_sdl from "../rules/command-and-control/dns_spike.sdl" with { type: "text" };
import rules_command_and_control_dns_tunnel_sdl from "../rules/command-and-control/dns_tunnel.sdl" with { type: "text" };
import rules_command_and_control_system_tool_downloads_sdl from "../rules/command-and-control/system_tool_downloads.sdl" with { type: "text" };
import rules_command_and_control_threat_lists_sdl from "../rules/command-and-control/threat_lists.sdl" with { type: "text" };
import rules_credential_access_account_lockouts_sdl from "../rules/credential-access/account_lockouts.sdl" with { type: "text" };
import rules_credential_access_credential_stores_copied_sdl from "../rules/credential-access/credential_stores_copied.sdl" with { type: "text" };
import rules_credential_access_credential_stuffing_sdl from "../rules/credential-access/credential_stuffing.sdl" with { type: "text" };
import rules_credential_access_directory_replication_sdl from "../rules/credential-access/directory_replication.sdl" with { type: "text" };
import rules_credential_access_forced_authentication_sdl from "../rules/credential-access/forced_authentication.sdl" with { type: "text" };
import rules_credential_access_kerberoasting_sdl from "../rules/credential-access/kerberoasting.sdl" with { type: "text" };
import rules_credential_access_login_brute_force_sdl from "../rules/credential-access/login_brute_force.sdl" with { type: "text" };
import rules_credential_access_lsass_memory_sdl from "../rules/credential-access/lsass_memory.sdl" with { type: "text" };
import rules_credential_access_password_spraying_sdl from "../rules/credential-access/password_spraying.sdl" with { type: "text" };
import rules_credential_access_slow_guessing_sdl from "../rules/credential-access/slow_guessing.sdl" with { type: "text" };
import rules_credential_access_ssh_brute_force_sdl from "../rules/credential-access/ssh_brute_force.sdl" with { type: "text" };
import rules_credential_access_ssh_compromised_account_sdl from "../rules/credential-access/ssh_compromised_account.sdl" with { type: "text" };
import rules_credential_access_ssh_probing_sdl from "../rules/credential-access/ssh_probing.sdl" with { type: "text" };
import rules_credential_access_web_login_guessing_sdl from "../rules/credential-access/web_login_guessing.sdl" with { type: "text" };
import rules_credential_access_windows_brute_force_sdl from "../rules/credential-access/windows_brute_force.sdl" with { type: "text" };
import rules_defense_evasion_audit_policy_changed_sdl from "../rules/defense-evasion/audit_policy_changed.sdl" with { type: "text" };
import rules_defense_evasion_log_cleared_sdl from "../rules/defense-evasion/log_cleared.sdl" with { type: "text" };
import rules_defense_evasion_logs_removed_sdl from "../rules/defense-evasion/logs_removed.sdl" with { type: "text" };
import rules_defense_evasion_protection_disabled_sdl from "../rules/defense-evasion/protection_disabled.sdl" with { type: "text" };
import rules_defense_evasion_script_host_abused_sdl from "../rules/defense-evasion/script_host_abused.sdl" with { type: "text" };
import rules_defense_evasion_source_silent_sdl from "../rules/defense-evasion/source_silent.sdl" with { type: "text" };
import rules_discovery_cloud_discovery_sdl from "../rules/discovery/cloud_discovery.sdl" with { type: "text" };
import rules_discovery_domain_reconnaissance_sdl from "../rules/discovery/domain_reconnaissance.sdl" with { type: "text" };
import rules_discovery_path_traversal_sdl from "../rules/discovery/path_traversal.sdl" with { type: "text" };
import rules_discovery_port_scan_sdl from "../rules/discovery/port_scan.sdl" with { type: "text" };
import rules_execution_application_alert_sdl from "../rules/execution/application_alert.sdl" with { type: "text" };
import rules_execution_command_injection_sdl from "../rules/execution/command_injection.sdl" with { type: "text" };
import rules_execution_container_shell_sdl from "../rules/execution/container_shell.sdl" with { type: "text" };
import rules_execution_decoded_program_sdl from "../rules/execution/decoded_program.sdl" with { type: "text" };
import rules_execution_downloaded_program_sdl from "../rules/execution/downloaded_program.sdl" with { type: "text" };
import rules_execution_malware_found_sdl from "../rules/execution/malware_found.sdl" with { type: "text" };
import rules_execution_office_starts_shell_sdl from "../rules/execution/office_starts_shell.sdl" with { type: "text" };
import rules_execution_powershell_download_sdl from "../rules/execution/powershell_download.sdl" with { type: "text" };
import rules_execution_powershell_encoded_sdl from "../rules/execution/powershell_encoded.sdl" with { type: "text" };
import rules_execution_shell_commands_sdl from "../rules/execution/shell_commands.sdl" with { type: "text" };
import rules_execution_web_server_starts_shell_sdl from "../rules/execution/web_server_starts_shell.sdl" with { type: "text" };
import rules_exfiltration_exfiltration_sdl from "../rules/exfiltration/exfiltration.sdl" with { type: "text" };
import rules_impact_card_testing_sdl from "../rules/impact/card_testing.sdl" with { type: "text" };
import rules_impact_recovery_prevented_sdl from "../rules/impact/recovery_prevented.sdl" with { type: "text" };
import rules_impact_traffic_spike_sdl from "../rules/impact/traffic_spike.sdl" with { type: "text" };
import rules_impact_web_floods_sdl from "../rules/impact/web_floods.sdl" with { type: "text" };
import rules_initial_access_cloud_root_login_sdl from "../rules/initial-access/cloud_root_login.sdl" with { type: "text" };
import rules_initial_access_concurrent_logins_sdl from "../rules/initial-access/concurrent_logins.sdl" with { type: "text" };
import rules_initial_access_first_admin_login_sdl from "../rules/initial-access/first_admin_login.sdl" with { type: "text" };
import rules_initial_access_known_exploits_sdl from "../rules/initial-access/known_exploits.sdl" with { type: "text" };
import rules_initial_access_login_places_sdl from "../rules/initial-access/login_places.sdl" with { type: "text" };
import rules_initial_access_off_hours_login_sdl from "../rules/initial-access/off_hours_login.sdl" with { type: "text" };
import rules_initial_access_recon_exploit_login_sdl from "../rules/initial-access/recon_exploit_login.sdl" with { type: "text" };
import rules_initial_access_security_products_sdl from "../rules/initial-access/security_products.sdl" with { type: "text" };
import rules_initial_access_server_side_request_sdl from "../rules/initial-access/server_side_request.sdl" with { type: "text" };
import rules_initial_access_sql_injection_sdl from "../rules/initial-access/sql_injection.sdl" with { type: "text" };
import rules_initial_access_unauthorized_access_sdl from "../rules/initial-access/unauthorized_access.sdl" with { type: "text" };
import rules_lateral_movement_lateral_movement_sdl from "../rules/lateral-movement/lateral_movement.sdl" with { type: "text" };
import rules_lateral_movement_remote_service_sdl from "../rules/lateral-movement/remote_service.sdl" with { type: "text" };
import rules_lateral_movement_remote_wmi_sdl from "../rules/lateral-movement/remote_wmi.sdl" with { type: "text" };
import rules_lists_sdl from "../rules/lists.sdl" with { type: "text" };
import rules_persistence_account_created_sdl from "../rules/persistence/account_created.sdl" with { type: "text" };
import rules_persistence_crontab_of_service_sdl from "../rules/persistence/crontab_of_service.sdl" with { type: "text" };
import rules_persistence_new_service_sdl from "../rules/persistence/new_service.sdl" with { type: "text" };
import rules_persistence_privileged_group_sdl from "../rules/persistence/privileged_group.sdl" with { type: "text" };
import rules_persistence_run_key_sdl from "../rules/persistence/run_key.sdl" with { type: "text" };
import rules_persistence_script_in_uploads_sdl from "../rules/persistence/script_in_uploads.sdl" with { type: "text" };
import rules_persistence_upload_then_run_sdl from "../rules/persistence/upload_then_run.sdl" with { type: "text" };
import rules_persistence_wmi_subscription_sdl from "../rules/persistence/wmi_subscription.sdl" with { type: "text" };
import rules_privilege_escalation_container_escape_sdl from "../rules/privilege-escalation/container_escape.sdl" with { type: "text" };
import rules_privilege_escalation_local_exploits_sdl from "../rules/privilege-escalation/local_exploits.sdl" with { type: "text" };
import rules_privilege_escalation_privileged_pod_sdl from "../rules/privilege-escalation/privileged_pod.sdl" with { type: "text" };
import rules_privilege_escalation_su_failures_sdl from "../rules/privilege-escalation/su_failures.sdl" with { type: "text" };
import rules_privilege_escalation_sudo_sdl from "../rules/privilege-escalation/sudo.sdl" with { type: "text" };
import rules_privilege_escalation_uac_bypass_sdl from "../rules/privilege-escalation/uac_bypass.sdl" with { type: "text" };
import rules_reconnaissance_honeypot_connection_sdl from "../rules/reconnaissance/honeypot_connection.sdl" with { type: "text" };
import rules_reconnaissance_product_probing_sdl from "../rules/reconnaissance/product_probing.sdl" with { type: "text" };
import rules_reconnaissance_scanner_agent_sdl from "../rules/reconnaissance/scanner_agent.sdl" with { type: "text" };
import rules_reconnaissance_smtp_probing_sdl from "../rules/reconnaissance/smtp_probing.sdl" with { type: "text" };
import rules_reconnaissance_vulnerability_scan_sdl from "../rules/reconnaissance/vulnerability_scan.sdl" with { type: "text" };
import rules_reconnaissance_web_probing_sdl from "../rules/reconnaissance/web_probing.sdl" with { type: "text" };
import rules_risk_entity_risk_sdl from "../rules/risk/entity_risk.sdl" with { type: "text" };

export const YAML = [
  { name: "sourcetypes/access_combined.yaml", text: sourcetypes_access_combined_yaml },
  { name: "sourcetypes/apache_error.yaml", text: sourcetypes_apache_error_yaml },
  { name: "sourcetypes/app_log.yaml", text: sourcetypes_app_log_yaml },
  { name: "sourcetypes/asterisk.yaml", text: sourcetypes_asterisk_yaml },
  { name: "sourcetypes/aws_cloudfront.yaml", text: sourcetypes_aws_cloudfront_yaml },
  { name: "sourcetypes/aws_cloudtrail.yaml", text: sourcetypes_aws_cloudtrail_yaml },
  { name: "sourcetypes/aws_elb.yaml", text: sourcetypes_aws_elb_yaml },
  { name: "sourcetypes/aws_vpcflow.yaml", text: sourcetypes_aws_vpcflow_yaml },
  { name: "sourcetypes/cef.yaml", text: sourcetypes_cef_yaml },
  { name: "sourcetypes/cisco_asa.yaml", text: sourcetypes_cisco_asa_yaml },
  { name: "sourcetypes/cisco_ios.yaml", text: sourcetypes_cisco_ios_yaml },
  { name: "sourcetypes/citrix_netscaler.yaml", text: sourcetypes_citrix_netscaler_yaml },
  { name: "sourcetypes/container.yaml", text: sourcetypes_container_yaml },
  { name: "sourcetypes/courier.yaml", text: sourcetypes_courier_yaml },
  { name: "sourcetypes/csv.yaml", text: sourcetypes_csv_yaml },
  { name: "sourcetypes/cyrus.yaml", text: sourcetypes_cyrus_yaml },
  { name: "sourcetypes/daemon_logins.yaml", text: sourcetypes_daemon_logins_yaml },
  { name: "sourcetypes/dnsmasq.yaml", text: sourcetypes_dnsmasq_yaml },
  { name: "sourcetypes/dovecot.yaml", text: sourcetypes_dovecot_yaml },
  { name: "sourcetypes/dropbear.yaml", text: sourcetypes_dropbear_yaml },
  { name: "sourcetypes/envoy.yaml", text: sourcetypes_envoy_yaml },
  { name: "sourcetypes/exchange.yaml", text: sourcetypes_exchange_yaml },
  { name: "sourcetypes/exim.yaml", text: sourcetypes_exim_yaml },
  { name: "sourcetypes/freeswitch.yaml", text: sourcetypes_freeswitch_yaml },
  { name: "sourcetypes/gcp_audit.yaml", text: sourcetypes_gcp_audit_yaml },
  { name: "sourcetypes/general.yaml", text: sourcetypes_general_yaml },
  { name: "sourcetypes/haproxy.yaml", text: sourcetypes_haproxy_yaml },
  { name: "sourcetypes/honeypots.yaml", text: sourcetypes_honeypots_yaml },
  { name: "sourcetypes/iis.yaml", text: sourcetypes_iis_yaml },
  { name: "sourcetypes/json.yaml", text: sourcetypes_json_yaml },
  { name: "sourcetypes/leef.yaml", text: sourcetypes_leef_yaml },
  { name: "sourcetypes/lighttpd_error.yaml", text: sourcetypes_lighttpd_error_yaml },
  { name: "sourcetypes/linux_audit.yaml", text: sourcetypes_linux_audit_yaml },
  { name: "sourcetypes/linux_firewall.yaml", text: sourcetypes_linux_firewall_yaml },
  { name: "sourcetypes/linux_kernel.yaml", text: sourcetypes_linux_kernel_yaml },
  { name: "sourcetypes/linux_secure.yaml", text: sourcetypes_linux_secure_yaml },
  { name: "sourcetypes/logfmt.yaml", text: sourcetypes_logfmt_yaml },
  { name: "sourcetypes/microsoft_entra.yaml", text: sourcetypes_microsoft_entra_yaml },
  { name: "sourcetypes/mikrotik.yaml", text: sourcetypes_mikrotik_yaml },
  { name: "sourcetypes/mongodb.yaml", text: sourcetypes_mongodb_yaml },
  { name: "sourcetypes/monit.yaml", text: sourcetypes_monit_yaml },
  { name: "sourcetypes/mssql.yaml", text: sourcetypes_mssql_yaml },
  { name: "sourcetypes/mysql.yaml", text: sourcetypes_mysql_yaml },
  { name: "sourcetypes/named.yaml", text: sourcetypes_named_yaml },
  { name: "sourcetypes/nginx_error.yaml", text: sourcetypes_nginx_error_yaml },
  { name: "sourcetypes/openvpn.yaml", text: sourcetypes_openvpn_yaml },
  { name: "sourcetypes/pan_os.yaml", text: sourcetypes_pan_os_yaml },
  { name: "sourcetypes/pf.yaml", text: sourcetypes_pf_yaml },
  { name: "sourcetypes/postfix.yaml", text: sourcetypes_postfix_yaml },
  { name: "sourcetypes/postgresql.yaml", text: sourcetypes_postgresql_yaml },
  { name: "sourcetypes/proftpd.yaml", text: sourcetypes_proftpd_yaml },
  { name: "sourcetypes/pure_ftpd.yaml", text: sourcetypes_pure_ftpd_yaml },
  { name: "sourcetypes/roundcube.yaml", text: sourcetypes_roundcube_yaml },
  { name: "sourcetypes/samba.yaml", text: sourcetypes_samba_yaml },
  { name: "sourcetypes/sendmail.yaml", text: sourcetypes_sendmail_yaml },
  { name: "sourcetypes/slapd.yaml", text: sourcetypes_slapd_yaml },
  { name: "sourcetypes/snort.yaml", text: sourcetypes_snort_yaml },
  { name: "sourcetypes/squid.yaml", text: sourcetypes_squid_yaml },
  { name: "sourcetypes/syslog.yaml", text: sourcetypes_syslog_yaml },
  { name: "sourcetypes/unbound.yaml", text: sourcetypes_unbound_yaml },
  { name: "sourcetypes/vsftpd.yaml", text: sourcetypes_vsftpd_yaml },
  { name: "sourcetypes/wazuh_api.yaml", text: sourcetypes_wazuh_api_yaml },
  { name: "sourcetypes/webmin.yaml", text: sourcetypes_webmin_yaml },
  { name: "sourcetypes/windows.yaml", text: sourcetypes_windows_yaml },
  { name: "sourcetypes/windows_application.yaml", text: sourcetypes_windows_application_yaml },
  { name: "sourcetypes/windows_defender.yaml", text: sourcetypes_windows_defender_yaml },
  { name: "sourcetypes/windows_powershell.yaml", text: sourcetypes_windows_powershell_yaml },
  { name: "sourcetypes/windows_security.yaml", text: sourcetypes_windows_security_yaml },
  { name: "sourcetypes/windows_sysmon.yaml", text: sourcetypes_windows_sysmon_yaml },
  { name: "sourcetypes/windows_system.yaml", text: sourcetypes_windows_system_yaml },
  { name: "sourcetypes/windows_task_scheduler.yaml", text: sourcetypes_windows_task_scheduler_yaml },
];

export const SDL = [
  { name: "rules/command-and-control/beaconing.sdl", text: rules_command_and_control_beaconing_sdl },
  { name: "rules/command-and-control/c2_port.sdl", text: rules_command_and_control_c2_port_sdl },
  { name: "rules/command-and-control/dns_spike.sdl", text: rules_command_and_control_dns_spike_sdl },
  { name: "rules/command-and-control/dns_tunnel.sdl", text: rules_command_and_control_dns_tunnel_sdl },
  { name: "rules/command-and-control/system_tool_downloads.sdl", text: rules_command_and_control_system_tool_downloads_sdl },
  { name: "rules/command-and-control/threat_lists.sdl", text: rules_command_and_control_threat_lists_sdl },
  { name: "rules/credential-access/account_lockouts.sdl", text: rules_credential_access_account_lockouts_sdl },
  { name: "rules/credential-access/credential_stores_copied.sdl", text: rules_credential_access_credential_stores_copied_sdl },
  { name: "rules/credential-access/credential_stuffing.sdl", text: rules_credential_access_credential_stuffing_sdl },
  { name: "rules/credential-access/directory_replication.sdl", text: rules_credential_access_directory_replication_sdl },
  { name: "rules/credential-access/forced_authentication.sdl", text: rules_credential_access_forced_authentication_sdl },
  { name: "rules/credential-access/kerberoasting.sdl", text: rules_credential_access_kerberoasting_sdl },
  { name: "rules/credential-access/login_brute_force.sdl", text: rules_credential_access_login_brute_force_sdl },
  { name: "rules/credential-access/lsass_memory.sdl", text: rules_credential_access_lsass_memory_sdl },
  { name: "rules/credential-access/password_spraying.sdl", text: rules_credential_access_password_spraying_sdl },
  { name: "rules/credential-access/slow_guessing.sdl", text: rules_credential_access_slow_guessing_sdl },
  { name: "rules/credential-access/ssh_brute_force.sdl", text: rules_credential_access_ssh_brute_force_sdl },
  { name: "rules/credential-access/ssh_compromised_account.sdl", text: rules_credential_access_ssh_compromised_account_sdl },
  { name: "rules/credential-access/ssh_probing.sdl", text: rules_credential_access_ssh_probing_sdl },
  { name: "rules/credential-access/web_login_guessing.sdl", text: rules_credential_access_web_login_guessing_sdl },
  { name: "rules/credential-access/windows_brute_force.sdl", text: rules_credential_access_windows_brute_force_sdl },
  { name: "rules/defense-evasion/audit_policy_changed.sdl", text: rules_defense_evasion_audit_policy_changed_sdl },
  { name: "rules/defense-evasion/log_cleared.sdl", text: rules_defense_evasion_log_cleared_sdl },
  { name: "rules/defense-evasion/logs_removed.sdl", text: rules_defense_evasion_logs_removed_sdl },
  { name: "rules/defense-evasion/protection_disabled.sdl", text: rules_defense_evasion_protection_disabled_sdl },
  { name: "rules/defense-evasion/script_host_abused.sdl", text: rules_defense_evasion_script_host_abused_sdl },
  { name: "rules/defense-evasion/source_silent.sdl", text: rules_defense_evasion_source_silent_sdl },
  { name: "rules/discovery/cloud_discovery.sdl", text: rules_discovery_cloud_discovery_sdl },
  { name: "rules/discovery/domain_reconnaissance.sdl", text: rules_discovery_domain_reconnaissance_sdl },
  { name: "rules/discovery/path_traversal.sdl", text: rules_discovery_path_traversal_sdl },
  { name: "rules/discovery/port_scan.sdl", text: rules_discovery_port_scan_sdl },
  { name: "rules/execution/application_alert.sdl", text: rules_execution_application_alert_sdl },
  { name: "rules/execution/command_injection.sdl", text: rules_execution_command_injection_sdl },
  { name: "rules/execution/container_shell.sdl", text: rules_execution_container_shell_sdl },
  { name: "rules/execution/decoded_program.sdl", text: rules_execution_decoded_program_sdl },
  { name: "rules/execution/downloaded_program.sdl", text: rules_execution_downloaded_program_sdl },
  { name: "rules/execution/malware_found.sdl", text: rules_execution_malware_found_sdl },
  { name: "rules/execution/office_starts_shell.sdl", text: rules_execution_office_starts_shell_sdl },
  { name: "rules/execution/powershell_download.sdl", text: rules_execution_powershell_download_sdl },
  { name: "rules/execution/powershell_encoded.sdl", text: rules_execution_powershell_encoded_sdl },
  { name: "rules/execution/shell_commands.sdl", text: rules_execution_shell_commands_sdl },
  { name: "rules/execution/web_server_starts_shell.sdl", text: rules_execution_web_server_starts_shell_sdl },
  { name: "rules/exfiltration/exfiltration.sdl", text: rules_exfiltration_exfiltration_sdl },
  { name: "rules/impact/card_testing.sdl", text: rules_impact_card_testing_sdl },
  { name: "rules/impact/recovery_prevented.sdl", text: rules_impact_recovery_prevented_sdl },
  { name: "rules/impact/traffic_spike.sdl", text: rules_impact_traffic_spike_sdl },
  { name: "rules/impact/web_floods.sdl", text: rules_impact_web_floods_sdl },
  { name: "rules/initial-access/cloud_root_login.sdl", text: rules_initial_access_cloud_root_login_sdl },
  { name: "rules/initial-access/concurrent_logins.sdl", text: rules_initial_access_concurrent_logins_sdl },
  { name: "rules/initial-access/first_admin_login.sdl", text: rules_initial_access_first_admin_login_sdl },
  { name: "rules/initial-access/known_exploits.sdl", text: rules_initial_access_known_exploits_sdl },
  { name: "rules/initial-access/login_places.sdl", text: rules_initial_access_login_places_sdl },
  { name: "rules/initial-access/off_hours_login.sdl", text: rules_initial_access_off_hours_login_sdl },
  { name: "rules/initial-access/recon_exploit_login.sdl", text: rules_initial_access_recon_exploit_login_sdl },
  { name: "rules/initial-access/security_products.sdl", text: rules_initial_access_security_products_sdl },
  { name: "rules/initial-access/server_side_request.sdl", text: rules_initial_access_server_side_request_sdl },
  { name: "rules/initial-access/sql_injection.sdl", text: rules_initial_access_sql_injection_sdl },
  { name: "rules/initial-access/unauthorized_access.sdl", text: rules_initial_access_unauthorized_access_sdl },
  { name: "rules/lateral-movement/lateral_movement.sdl", text: rules_lateral_movement_lateral_movement_sdl },
  { name: "rules/lateral-movement/remote_service.sdl", text: rules_lateral_movement_remote_service_sdl },
  { name: "rules/lateral-movement/remote_wmi.sdl", text: rules_lateral_movement_remote_wmi_sdl },
  { name: "rules/lists.sdl", text: rules_lists_sdl },
  { name: "rules/persistence/account_created.sdl", text: rules_persistence_account_created_sdl },
  { name: "rules/persistence/crontab_of_service.sdl", text: rules_persistence_crontab_of_service_sdl },
  { name: "rules/persistence/new_service.sdl", text: rules_persistence_new_service_sdl },
  { name: "rules/persistence/privileged_group.sdl", text: rules_persistence_privileged_group_sdl },
  { name: "rules/persistence/run_key.sdl", text: rules_persistence_run_key_sdl },
  { name: "rules/persistence/script_in_uploads.sdl", text: rules_persistence_script_in_uploads_sdl },
  { name: "rules/persistence/upload_then_run.sdl", text: rules_persistence_upload_then_run_sdl },
  { name: "rules/persistence/wmi_subscription.sdl", text: rules_persistence_wmi_subscription_sdl },
  { name: "rules/privilege-escalation/container_escape.sdl", text: rules_privilege_escalation_container_escape_sdl },
  { name: "rules/privilege-escalation/local_exploits.sdl", text: rules_privilege_escalation_local_exploits_sdl },
  { name: "rules/privilege-escalation/privileged_pod.sdl", text: rules_privilege_escalation_privileged_pod_sdl },
  { name: "rules/privilege-escalation/su_failures.sdl", text: rules_privilege_escalation_su_failures_sdl },
  { name: "rules/privilege-escalation/sudo.sdl", text: rules_privilege_escalation_sudo_sdl },
  { name: "rules/privilege-escalation/uac_bypass.sdl", text: rules_privilege_escalation_uac_bypass_sdl },
  { name: "rules/reconnaissance/honeypot_connection.sdl", text: rules_reconnaissance_honeypot_connection_sdl },
  { name: "rules/reconnaissance/product_probing.sdl", text: rules_reconnaissance_product_probing_sdl },
  { name: "rules/reconnaissance/scanner_agent.sdl", text: rules_reconnaissance_scanner_agent_sdl },
  { name: "rules/reconnaissance/smtp_probing.sdl", text: rules_reconnaissance_smtp_probing_sdl },
  { name: "rules/reconnaissance/vulnerability_scan.sdl", text: rules_reconnaissance_vulnerability_scan_sdl },
  { name: "rules/reconnaissance/web_probing.sdl", text: rules_reconnaissance_web_probing_sdl },
  { name: "rules/risk/entity_risk.sdl", text: rules_risk_entity_risk_sdl },
];
