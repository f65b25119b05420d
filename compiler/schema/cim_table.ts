// CIM field facts: the data-model definitions of splunk/pytest-splunk-addon at commit 41a6bfae
// (Apache-2.0). One string a dataset: fields separated by a space, each name:type:requirement, and
// the prescribed values where there are any.

/** Datasets with their tags and fields; `r` required, `c` conditional, `o` optional. */
export const CIM_TABLE: Readonly<
  Record<
    string,
    {
      readonly tags: string;
      readonly fields: string;
      readonly values?: Readonly<Record<string, string>>;
    }
  >
> = {
  "Alerts": {
    tags: "alert",
    fields:
      "app:string:r body:string:o description:string:r dest:host:r dest_type:string:o id:string:r mitre_technique_id:string:o signature:string:r signature_id:string:r severity:string:r severity_id:string:o src:host:r src_type:string:o subject:string:o type:string:r user:string:r user_name:string:o vendor_account:string:o vendor_region:string:o",
    values: {
      "severity": "critical|high|medium|low|informational",
      "type": "alarm|alert|event|task|warning",
    },
  },
  "Authentication": {
    tags: "authentication",
    fields:
      "action:string:r app:string:r authentication_method:string:o authentication_service:string:o dest:host:r src_user_type:string:o user_type:string:o src_user_role:string:o user_role:string:o user_agent:string:o duration:float:o response_time:float:o session_id:string:o signature:string:o signature_id:string:o src:host:r user:string:r user_id:string:o reason:string:o reason_id:string:o process:string:o src_user:string:c vendor_account:string:o",
    values: { "action": "success|failure|pending|error" },
  },
  "Certificates": {
    tags: "certificate",
    fields:
      "dest:host:o dest_port:int:o dest_priority:string:o duration:float:o response_time:float:o src:host:o src_port:int:o src_priority:string:o transport:string:o",
  },
  "Certificates.SSL": {
    tags: "certificate+ssl",
    fields:
      "ssl_end_time:string:r ssl_engine:string:o ssl_hash:string:r ssl_is_valid:string:o ssl_issuer:string:r ssl_issuer_common_name:string:r ssl_issuer_email:string:o ssl_issuer_email_domain:string:o ssl_issuer_locality:string:o ssl_issuer_organization:string:o ssl_issuer_street:string:o ssl_issuer_unit:string:o ssl_name:string:o ssl_policies:string:o ssl_publickey:string:o ssl_publickey_algorithm:string:o ssl_serial:string:r ssl_session_id:string:o ssl_signature_algorithm:string:o ssl_start_time:string:r ssl_subject:string:r ssl_subject_common_name:string:r ssl_subject_email:string:o ssl_subject_email_domain:string:o ssl_subject_locality:string:o ssl_subject_organization:string:r ssl_subject_state:string:o ssl_subject_street:string:o ssl_subject_unit:string:o ssl_validity_window:int:r ssl_version:string:o",
    values: { "ssl_is_valid": "true|false|1|0" },
  },
  "Change": {
    tags: "change",
    fields:
      "action:string:r change_type:string:r command:string:r dest:host:r dvc:host:r object:string:r object_attrs:string:r object_category:string:r object_id:string:r object_path:string:o result:string:c result_id:string:o src:host:r status:string:r tag:string:o user:string:r user_agent:string:o user_name:string:o user_type:string:o vendor_account:string:o vendor_region:string:o vendor_product:string:r",
    values: { "status": "success|failure" },
  },
  "Change.Account_Management": {
    tags: "change+account",
    fields:
      "dest_nt_domain:string:o src_nt_domain:string:o src_user:string:c src_user_type:string:o src_user_name:string:o",
  },
  "Change.Instance_Changes": {
    tags: "change+instance",
    fields: "image_id:string:r instance_type:string:r",
  },
  "Change.Network_Changes": {
    tags: "change+network",
    fields:
      "dest_ip_range:string:o dest_port_range:string:o direction:string:o protocol:string:o rule_action:string:o src_ip_range:string:o src_port_range:string:o device_restarts:string:o",
  },
  "Compute_Inventory": {
    tags: "inventory",
    fields:
      "dest:host:r description:string:o dest_bunit:string:o dest_category:string:o dest_priority:string:o enabled:string:o family:string:o hypervisor_id:string:o serial:string:o status:string:o version:string:o tag:string:o vendor_product:string:r",
  },
  "Compute_Inventory.CPU": {
    tags: "cpu+inventory",
    fields: "cpu_cores:string:r cpu_count:int:r cpu_mhz:string:r",
  },
  "Compute_Inventory.Memory": { tags: "memory", fields: "mem:string:r" },
  "Compute_Inventory.Network": {
    tags: "network+inventory",
    fields:
      "dns:string:r interface:string:r ip:ip:r dest_ip:ip:o src_ip:ip:o mac:string:r lb_method:string:o node:string:o inline_nat:string:o vip_port:int:o node_port:int:o name:string:r",
  },
  "Compute_Inventory.Storage": {
    tags: "storage+inventory",
    fields:
      "array:string:o blocksize:string:o cluster:string:o fd_max:string:o latency:string:o mount:string:r parent:string:o read_blocks:string:o read_latency:string:o read_ops:string:o storage:string:r write_blocks:string:o write_latency:string:o write_ops:string:o",
  },
  "Compute_Inventory.OS": { tags: "system+version+inventory", fields: "os:string:r" },
  "Compute_Inventory.User": {
    tags: "user+inventory",
    fields:
      "shell:string:o user_bunit:string:o user_category:string:o user_id:string:o user_priority:string:o interactive:string:r password:string:r user:string:r",
  },
  "Compute_Inventory.Virtual_OS": { tags: "virtual+inventory", fields: "hypervisor:string:r" },
  "Compute_Inventory.Virtual_OS.Snapshot": {
    tags: "snapshot+virtual+inventory",
    fields: "size:int:r snapshot:string:r time:string:o",
  },
  "DLP": {
    tags: "dlp+incident",
    fields:
      "action:string:r app:string:r category:string:r dest:host:r dest_zone:string:o dlp_type:string:r dvc:host:r dvc_zone:string:o object:string:r object_category:string:r object_path:string:r severity:string:r severity_id:string:o signature:string:r signature_id:string:o src:host:o src_user:string:r src_zone:string:o user:string:c vendor_product:string:r",
  },
  "Data_Access": {
    tags: "data+access",
    fields:
      "action:string:r app:string:r application_id:string:o object:string:r object_attrs:string:r object_category:string:r object_id:string:r object_path:string:o object_size:string:r dest:host:r dest_name:string:o dest_type:string:o dest_url:string:o dvc:host:o email:string:o owner:string:o owner_id:string:o owner_email:string:o parent_object:string:o parent_object_category:string:o parent_object_id:string:o signature:string:o signature_id:string:o src:host:r user_agent:string:o user_email:string:o user_group:string:o user_id:string:o user_name:string:r user_role:string:o user_type:string:o vendor_account:string:r vendor_product_id:string:o vendor_region:string:o user:string:r vendor_product:string:r",
  },
  "Databases": {
    tags: "database",
    fields:
      "dest:host:o dest_bunit:string:o dest_category:string:o dest_priority:string:o duration:float:o object:string:o response_time:float:o src:host:o src_bunit:string:o src_category:string:o src_priority:string:o tag:string:o user:string:o user_bunit:string:o user_category:string:o user_priority:string:o vendor_product:string:o",
  },
  "Databases.Database_Instance": {
    tags: "instance+database",
    fields:
      "instance_name:string:o instance_version:string:o session_limit:string:o process_limit:string:o",
  },
  "Databases.Database_Instance.Instance_Stats": {
    tags: "stats+instance+database",
    fields:
      "availability:string:o avg_executions:string:o dump_area_used:string:o number_of_users:string:o start_time:string:o sessions:string:o processes:string:o tablespace_used:string:o instance_reads:string:o instance_writes:string:o sga_buffer_cache_size:string:o sga_data_dict_hit_ratio:string:o sga_buffer_hit_limit:string:o sga_library_cache_size:string:o sga_fixed_area_size:string:o sga_free_memory:string:o sga_shared_pool_size:string:o sga_redo_log_buffer_size:string:o sga_sql_area_size:string:o",
    values: { "availability": "Available|Not Available" },
  },
  "Databases.Database_Instance.Session_Info": {
    tags: "session+database+database",
    fields:
      "session_id:string:o session_status:string:o machine:string:o elapsed_time:string:o cpu_used:string:o memory_sorts:string:o table_scans:string:o physical_reads:string:o logical_reads:string:o commits:string:o cursor:string:o buffer_cache_hit_ratio:string:o wait_state:string:o wait_time:string:o seconds_in_wait:string:o",
    values: {
      "session_status": "Online|Offline",
      "wait_state": "WAITING|WAITED UNKNOWN|WAITED SHORT TIME|WAITED KNOWN TIME",
    },
  },
  "Databases.Database_Instance.Lock_Info": {
    tags: "lock+instance+database",
    fields:
      "obj_name:string:o lock_session_id:string:o serial_num:string:o lock_mode:string:o os_pid:string:o last_call_minute:string:o logon_time:string:o",
  },
  "Databases.Database_Query": {
    tags: "query+database",
    fields: "query:string:o query_id:string:o query_time:string:o records_affected:string:o",
  },
  "Databases.Database_Query.Tablespace": {
    tags: "tablespace+query+database",
    fields:
      "tablespace_name:string:o tablespace_status:string:o free_bytes:int:o tablespace_reads:string:o tablespace_writes:string:o",
    values: { "tablespace_status": "Offline|Online|Read Only" },
  },
  "Databases.Database_Query.Query_Stats": {
    tags: "stats+query+stats",
    fields:
      "stored_procedures_called:string:o tables_hit:string:o indexes_hit:string:o query_plan_hit:string:o",
  },
  "Email": {
    tags: "email",
    fields:
      "action:string:r delay:float:o dest:host:r duration:float:o file_hash:string:o file_name:string:o file_size:int:o internal_message_id:string:r message_id:string:r message_info:string:o orig_dest:host:o orig_recipient:string:o orig_src:host:o process:string:c process_id:int:o protocol:string:r recipient:string:r recipient_count:int:r recipient_domain:string:r recipient_status:string:o response_time:float:o retries:int:o return_addr:string:r size:int:o src:host:r src_user:string:r status_code:string:c src_user_domain:string:r subject:string:o url:string:o user:string:o vendor_product:string:r xdelay:string:o xref:string:o",
    values: {
      "action": "delivered|blocked|quarantined|deleted",
      "protocol": "smtp|imap|pop3|mapi",
    },
  },
  "Email.Filtering": {
    tags: "email+filter",
    fields:
      "filter_action:string:o filter_score:float:o signature:string:r signature_extra:string:o signature_id:string:o",
  },
  "Endpoint.Ports": {
    tags: "listening+port",
    fields:
      "creation_time:string:o dest:host:r dest_port:int:r dest_requires_av:string:o dest_should_timesync:string:o dest_should_update:string:o process_guid:string:o process_id:int:o src:host:r src_port:int:r src_requires_av:string:o src_should_timesync:string:o src_should_update:string:o state:string:r transport:string:r transport_dest_port:int:r user:string:o vendor_product:string:r",
    values: { "state": "listening" },
  },
  "Endpoint.Processes": {
    tags: "process+report",
    fields:
      "action:string:r cpu_load_percent:float:o dest:host:r loaded_file:string:o mem_used:float:o os:string:o original_file_name:string:o parent_process:string:r parent_process_exec:string:o parent_process_id:int:r parent_process_guid:string:o parent_process_name:string:r parent_process_path:string:r parent_process_hash:string:o process:string:r process_current_directory:string:o process_exec:string:o process_hash:string:o process_guid:string:o process_id:int:r process_integrity_level:string:o process_name:string:r process_path:string:r user:string:r user_id:string:o vendor_product:string:r",
    values: { "process_integrity_level": "system|high|medium|low|untrusted" },
  },
  "Endpoint.Filesystem": {
    tags: "endpoint+filesystem",
    fields:
      "action:string:r dest:host:r dest_requires_av:string:o dest_should_timesync:string:o dest_should_update:string:o file_access_time:string:o file_create_time:string:c file_hash:string:c file_modify_time:string:c file_name:string:r file_path:string:r file_acl:string:c file_size:int:r process_guid:string:o process_id:int:o user:string:r vendor_product:string:r image:string:o",
    values: { "action": "acl_modified|created|deleted|modified|read" },
  },
  "Endpoint.Registry": {
    tags: "endpoint+registry",
    fields:
      "action:string:r dest:host:r dest_requires_av:string:o dest_should_timesync:string:o dest_should_update:string:o process_guid:string:o process_id:int:o registry_hive:string:r registry_path:string:r registry_key_name:string:r registry_value_data:string:r registry_value_name:string:r registry_value_text:string:r registry_value_type:string:r status:string:r user:string:r vendor_product:string:r image:string:o",
    values: {
      "action": "created|deleted|modified|read",
      "registry_hive":
        "HKEY_CURRENT_CONFIG|HKEY_CURRENT_USER|HKEY_LOCAL_MACHINE\\SAM|HKEY_LOCAL_MACHINE\\Security|HKEY_LOCAL_MACHINE\\Software|HKEY_LOCAL_MACHINE\\System|HKEY_USERS\\.DEFAULT",
      "registry_value_type":
        "REG_BINARY|REG_DWORD|REG_DWORD_LITTLE_ENDIAN|REG_DWORD_BIG_ENDIAN|REG_EXPAND_SZ|REG_LINK|REG_MULTI_SZ|REG_NONE|REG_QWORD|REG_QWORD_LITTLE_ENDIAN|REG_SZ",
      "status": "failure|success",
    },
  },
  "Endpoint.Services": {
    tags: "service+report",
    fields:
      "description:string:o dest:host:r dest_is_expected:string:o dest_requires_av:string:o dest_should_timesync:string:o process_guid:string:o process_id:int:o service:string:r service_dll:string:o service_dll_path:string:o service_dll_hash:string:o service_dll_signature_exists:string:o service_dll_signature_verified:string:o service_exec:string:o service_hash:string:o service_id:string:o service_name:string:r service_path:string:r service_signature_exists:string:o service_signature_verified:string:o start_mode:string:r status:string:r user:string:r vendor_product:string:r",
    values: { "status": "critical|started|stopped|warning|installed" },
  },
  "Event_Signatures": {
    tags: "track_event_signatures",
    fields: "dest:host:r signature:string:r signature_id:string:r vendor_product:string:o",
  },
  "Messaging": {
    tags: "messaging",
    fields:
      "dest:host:o dest_bunit:string:o dest_category:string:o dest_priority:string:o duration:float:o endpoint:string:o endpoint_version:string:o message:string:o message_id:string:o message_consumed_time:string:o message_correlation_id:string:o message_delivered_time:string:o message_delivery_mode:string:o message_expiration_time:string:o message_priority:string:o message_properties:string:o message_received_time:string:o message_redelivered:string:o message_reply_dest:string:o message_type:string:o parameters:string:o payload:string:o payload_type:string:o request_payload:string:o request_payload_type:string:o request_sent_time:string:o response_code:string:o response_payload_type:string:o response_received_time:string:o response_time:float:o return_message:string:o rpc_protocol:string:o status:string:o tag:string:o",
    values: { "dest_category": "queue|topic", "status": "pass|fail" },
  },
  "Intrusion_Detection": {
    tags: "ids+attack",
    fields:
      "action:string:r category:string:r dest:host:c dvc:host:r file_hash:string:c file_name:string:c file_path:string:c ids_type:string:r severity:string:r severity_id:string:o signature:string:r signature_id:string:o dest_type:string:o src:host:c transport:string:c src_port:int:c dest_port:int:c user:string:o vendor_product:string:r",
    values: {
      "action": "allowed|blocked",
      "ids_type": "network|host",
      "severity": "critical|high|medium|low|informational",
    },
  },
  "JVM": { tags: "jvm", fields: "jvm_description:string:o tag:string:o" },
  "JVM.Threading": {
    tags: "jvm+threading",
    fields:
      "threads_started:string:o thread_count:int:o cpu_time_enabled:string:o cm_supported:string:o cm_enabled:string:o synch_supported:string:o peak_thread_count:int:o omu_supported:string:o daemon_thread_count:int:o current_user_time:string:o cpu_time_supported:string:o current_cpu_time:string:o",
    values: {
      "cpu_time_enabled": "true|false",
      "cm_supported": "true|false",
      "cm_enabled": "true|false",
      "synch_supported": "true|false",
      "omu_supported": "true|false",
      "cpu_time_supported": "true|false",
    },
  },
  "JVM.Runtime": {
    tags: "jvm+runtime",
    fields:
      "version:string:o uptime:string:o start_time:string:o process_name:string:o vendor_product:string:o",
  },
  "JVM.OS": {
    tags: "jvm+os",
    fields:
      "os_version:string:o swap_space:string:o physical_memory:string:o system_load:string:o cpu_time:string:o os:string:o open_file_descriptors:string:o max_file_descriptors:string:o free_swap:string:o free_physical_memory:string:o committed_memory:string:o total_processors:string:o os_architecture:string:o",
  },
  "JVM.Compilation": { tags: "jvm+compilation", fields: "compilation_time:string:o" },
  "JVM.Classloading": {
    tags: "jvm+classloading",
    fields: "total_loaded:string:o current_loaded:string:o total_unloaded:string:o",
  },
  "JVM.Memory": {
    tags: "jvm+memory",
    fields:
      "non_heap_used:string:o non_heap_max:string:o non_heap_initial:string:o non_heap_committed:string:o heap_used:string:o heap_max:string:o heap_initial:string:o heap_committed:string:o objects_pending:string:o",
  },
  "Malware": {
    tags: "malware+attack",
    fields:
      "action:string:r category:string:r date:string:o dest:host:r dest_nt_domain:string:o dest_requires_av:string:o file_hash:string:o file_name:string:r file_path:string:r severity:string:r severity_id:string:o signature:string:r signature_id:string:o src:host:o src_user:string:o user:string:o url:string:o vendor_product:string:r",
    values: {
      "action": "allowed|blocked|deferred",
      "severity": "critical|high|medium|low|informational",
    },
  },
  "Malware.Operations": {
    tags: "malware+operations",
    fields:
      "dest:host:r dest_nt_domain:string:o dest_requires_av:string:o product_version:string:o signature_version:string:r vendor_product:string:r",
  },
  "Network_Resolution": {
    tags: "network+resolution+dns",
    fields:
      "additional_answer_count:int:o answer:string:r answer_count:int:r authority_answer_count:int:o dest:host:r message_type:string:r query:string:r query_count:int:r query_type:string:r record_type:string:r reply_code:string:r reply_code_id:string:r response_time:float:r src:host:r transaction_id:int:r transport:string:r duration:float:o name:string:o ttl:int:o vendor_product:string:r",
    values: {
      "message_type": "Query|Response",
      "query_type": "Query|IQuery|Status|Notify|Update|A|MX|NS|PTR",
      "record_type":
        "A|NS|MD|MF|CNAME|SOA|MB|MG|MR|NULL|WKS|PTR|HINFO|MINFO|MX|TXT|RP|AFSDB|X25|ISDN|RT|NSAP|NSAP-PTR|SIG|KEY|PX|GPOS|AAAA|LOC|NXT|EID|NIMLOC|SRV|ATMA|NAPTR|KX|CERT|A6|DNAME|SINK|OPT|APL|DS|SSHFP|IPSECKEY|RRSIG|NSEC|DNSKEY|DHCID|NSEC3|NSEC3PARAM|TLSA|SMIMEA|Unassigned|HIP|NINFO|RKEY|TALINK|CDS|CDNSKEY|OPENPGPKEY|CSYNC|ZONEMD|SVCB|HTTPS|SPF|UINFO|UID|GID|UNSPEC|NID|L32|L64|LP|EUI48|EUI64|TKEY|TSIG|IXFR|AXFR|MAILB|MAILA|*|URI|CAA|AVC|DOA|AMTRELAY|RESINFO|TA|DLV|Private use|Reserved",
      "reply_code":
        "No Error|Format Error|Server Failure|Non-Existent Domain|NotImp|Refused|YXDomain|YXRRSet|NXRRSet|NotAuth|NotZone|DSOTYPENI|BADVERS|BADSIG|BADKEY|BADTIME|BADMODE|BADNAME|BADALG|BADTRUNC|BADCOOKIE",
      "reply_code_id": "1|2|3|4|5|6|7|8|9|10|11|16|17|18|19|20|21|22|23",
    },
  },
  "Network_Sessions": {
    tags: "network+session",
    fields:
      "action:string:r dest_ip:ip:r dest_mac:string:r signature:string:r signature_id:string:o dest_nt_host:string:o dest_dns:string:o dest_priority:string:o duration:float:o response_time:float:o src_dns:string:o src_nt_host:string:o src_mac:string:o vendor_product:string:r src_ip:ip:o user:string:c",
    values: { "action": "started|ended|blocked" },
  },
  "Network_Sessions.DHCP": {
    tags: "network+session+dhcp",
    fields: "lease_duration:int:c lease_scope:string:o src_ip:ip:o src_mac:string:o",
  },
  "Network_Traffic": {
    tags: "network+communicate",
    fields:
      "action:string:r app:string:r bytes:bytes:c bytes_in:bytes:c bytes_out:bytes:c channel:string:o dest:host:r dest_interface:string:o dest_ip:ip:c dest_mac:string:c dest_port:int:c dest_translated_ip:ip:c dest_translated_port:int:c dest_zone:string:c direction:string:o duration:float:o dvc:host:r dvc_mac:string:o dvc_ip:ip:o dvc_zone:string:o flow_id:string:o icmp_code:int:c icmp_type:int:c packets:int:c packets_in:int:o packets_out:int:o process_id:int:o protocol:string:c protocol_version:string:c response_time:float:o rule:string:o rule_id:string:o session_id:string:o src:host:r src_interface:string:o src_translated_ip:ip:c src_zone:string:c ssid:string:o wifi:string:o tcp_flag:string:o tos:string:o ttl:int:o user:string:o vendor_account:string:o vendor_product:string:r vlan:string:o transport:string:r src_ip:ip:c src_mac:string:c src_port:int:c src_translated_port:int:c",
    values: {
      "action": "allowed|blocked|teardown|flow",
      "direction": "inbound|outbound",
      "protocol": "ip|icmp",
      "protocol_version": "ipv4|ipv6",
      "tcp_flag": "SYN|ACK|FIN|RST|URG|PSH",
      "transport": "tcp|udp|icmp",
    },
  },
  "Performance": {
    tags: "performance",
    fields:
      "dest_should_timesync:string:o dest_should_update:string:o hypervisor_id:string:o resource_type:string:o dest:host:r",
  },
  "Performance.CPU": {
    tags: "cpu+performance",
    fields:
      "cpu_load_mhz:string:o cpu_load_percent:float:r cpu_time:string:o cpu_user_percent:float:o",
  },
  "Performance.Facilities": {
    tags: "facilities+performance",
    fields: "temperature:string:r power:string:o fan_speed:string:o",
  },
  "Performance.Memory": {
    tags: "memory+performance",
    fields:
      "mem:string:r mem_committed:string:o mem_free:string:r mem_used:float:r swap:string:o swap_free:string:o swap_used:string:o",
  },
  "Performance.Storage": {
    tags: "storage+performance",
    fields:
      "array:string:o blocksize:string:o cluster:string:o fd_max:string:o fd_used:string:o latency:string:o mount:string:o parent:string:o read_blocks:string:o read_latency:string:o read_ops:string:o storage:string:o storage_free:string:r storage_free_percent:float:r storage_used:string:r storage_used_percent:float:r write_blocks:string:o write_latency:string:o write_ops:string:o",
  },
  "Performance.Network": {
    tags: "network+performance",
    fields: "thruput:string:r thruput_max:string:o",
  },
  "Performance.OS": { tags: "os+performance", fields: "signature:string:r signature_id:string:o" },
  "Performance.OS.Timesync": {
    tags: "performance+os+performance+synchronize",
    fields: "action:string:r",
    values: { "action": "success|failure" },
  },
  "Performance.OS.Uptime": { tags: "uptime+os+performance", fields: "uptime:string:r" },
  "Ticket_Management": {
    tags: "ticketing",
    fields:
      "affect_dest:string:o comments:string:o description:string:o priority:string:r severity:string:r severity_id:string:r splunk_id:string:o splunk_realm:string:o src_user:string:o status:string:r time_submitted:string:o user:string:o dest:host:r ticket_id:string:r",
  },
  "Ticket_Management.Change": { tags: "change+ticketing", fields: "change:string:o" },
  "Ticket_Management.Incident": { tags: "incident+ticketing", fields: "incident:string:o" },
  "Ticket_Management.Problem": { tags: "problem+ticketing", fields: "problem:string:o" },
  "Updates": {
    tags: "update+status",
    fields:
      "dest:host:r dvc:host:r file_hash:string:o file_name:string:r severity:string:o severity_id:string:o signature:string:r signature_id:string:r status:string:r vendor_product:string:r",
    values: {
      "severity": "critical|high|medium|low|informational",
      "status": "available|installed|invalid|restart required|failure",
    },
  },
  "Vulnerabilities": {
    tags: "vulnerability+report",
    fields:
      "bugtraq:string:o category:string:r cert:string:o cve:string:r cvss:float:r dest:host:r dvc:host:r msft:string:o mskb:string:o severity:string:r severity_id:string:o signature:string:r signature_id:string:o url:string:o user:string:o vendor_product:string:r xref:string:o",
    values: { "severity": "critical|high|medium|low|informational" },
  },
  "Web": {
    tags: "web",
    fields:
      "action:string:r app:string:c dest:host:r dest_port:int:r src:host:r status:int:r uri_path:string:c url:string:r url_domain:string:r url_length:string:o category:string:r bytes:bytes:r bytes_in:bytes:r bytes_out:bytes:r http_method:string:r http_user_agent:string:r http_user_agent_length:string:r cached:string:o duration:float:o http_content_type:string:o response_time:float:o uri_query:string:o user:string:o vendor_product:string:r cookie:string:o http_referrer:string:o http_referrer_domain:string:o site:string:o",
    values: {
      "status":
        "100|101|102|200|201|202|203|204|205|206|207|208|226|300|301|302|303|304|305|306|307|308|400|401|402|403|404|405|406|407|408|409|410|411|412|413|414|415|416|417|422|423|424|426|428|429|431|500|501|502|503|504|505|506|507|508|510|511",
      "http_method": "GET|PUT|POST|DELETE|HEAD|OPTIONS|CONNECT|TRACE",
      "cached": "true|false|1|0",
    },
  },
  "Web.Storage": {
    tags: "storage+web",
    fields: "error_code:string:o operation:string:o storage_name:string:o",
  },
};
