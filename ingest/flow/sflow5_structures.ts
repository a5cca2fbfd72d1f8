/**
 * The structures that sFlow records hold, by tag (enterprise * 4096 + format), as sflow.org defines them. A
 * structure
 * is its name and its fields in order, `name` or `name:type`; names are the standard's, with the unit at the
 * end where
 * the standard has one in words only.
 *
 * Types: `u32` (when none is said), `u64`, `i32`, `f32`, `percent` (hundredths of a percent), `mac`, `ipv4`,
 * `ipv6`,
 * `address` (with its type), `string`, `uuid`, `opaque`, `hex4` (four bytes as they are), `u32s` and
 * `percents` (a list
 * with its length), `as_path`, `adapters`, `lanes`. Agents of an earlier version leave out fields at the end.
 */
export interface Sflow5Structure {
  readonly name: string
  readonly fields: string
}

type Structures = Readonly<Record<number, Sflow5Structure>>

const of = (name: string, fields: string): Sflow5Structure => ({ name, fields })
const NVIDIA = 5703 * 4096
const BROADCOM = 4413 * 4096

const ETHERNET = 'length_bytes src_mac:mac dst_mac:mac type'
const IPV4 = 'length_bytes protocol src_ip:ipv4 dst_ip:ipv4 src_port dst_port tcp_flags tos'
const IPV6 = 'length_bytes protocol src_ip:ipv6 dst_ip:ipv6 src_port dst_port tcp_flags priority'
const CONTEXT = 'application:string operation:string attributes:string'
const SOCKET = (type: string): string => `protocol local_ip:${type} remote_ip:${type} local_port remote_port`

/** Records of flow samples and of discarded packets. The sampled header (1) is read by hand. */
export const FLOW_STRUCTURES: Structures = {
  2: of('sampled_ethernet', ETHERNET),
  3: of('sampled_ipv4', IPV4),
  4: of('sampled_ipv6', IPV6),
  1001: of('extended_switch', 'src_vlan src_priority dst_vlan dst_priority'),
  1002: of('extended_router', 'nexthop:address src_mask_len dst_mask_len'),
  1003: of(
    'extended_gateway',
    'nexthop:address as src_as src_peer_as dst_as_path:as_path communities:u32s localpref',
  ),
  1004: of('extended_user', 'src_charset src_user:string dst_charset dst_user:string'),
  1005: of('extended_url', 'direction url:string host:string'),
  1006: of('extended_mpls', 'nexthop:address in_stack:u32s out_stack:u32s'),
  1007: of('extended_nat', 'src_address:address dst_address:address'),
  1008: of('extended_mpls_tunnel', 'tunnel_lsp_name:string tunnel_id tunnel_cos'),
  1009: of('extended_mpls_vc', 'vc_instance_name:string vll_vc_id vc_label_cos'),
  1010: of('extended_mpls_FTN', 'mplsFTNDescr:string mplsFTNMask'),
  1011: of('extended_mpls_LDP_FEC', 'mplsFecAddrPrefixLength'),
  1012: of('extended_vlantunnel', 'stack:u32s'),
  1013: of('extended_80211_payload', 'ciphersuite data:opaque'),
  1014: of(
    'extended_80211_rx',
    'ssid:string bssid:mac version channel speed_bps:u64 rsni rcpi packet_duration_us',
  ),
  1015: of(
    'extended_80211_tx',
    `ssid:string bssid:mac version transmissions packet_duration_us retrans_duration_us channel
    speed_bps:u64 power_mw`,
  ),
  1018: of('extended_fc', 'src_mask_len dst_mask_len next_hop metric'),
  1019: of('extended_queue_length', 'queueIndex queueLength_segments'),
  1020: of('extended_nat_port', 'src_port dst_port'),
  1021: of('extended_L2_tunnel_egress', ETHERNET),
  1022: of('extended_L2_tunnel_ingress', ETHERNET),
  1023: of('extended_ipv4_tunnel_egress', IPV4),
  1024: of('extended_ipv4_tunnel_ingress', IPV4),
  1025: of('extended_ipv6_tunnel_egress', IPV6),
  1026: of('extended_ipv6_tunnel_ingress', IPV6),
  1027: of('extended_decapsulate_egress', 'inner_header_offset_bytes'),
  1028: of('extended_decapsulate_ingress', 'inner_header_offset_bytes'),
  1029: of('extended_vni_egress', 'vni'),
  1030: of('extended_vni_ingress', 'vni'),
  1031: of(
    'extended_ib_lrh',
    'src_vl src_sl src_dlid src_slid src_lnh dst_vl dst_sl dst_dlid dst_slid dst_lnh',
  ),
  1032: of('extended_ib_grh', 'flow_label tc s_gid:ipv6 d_gid:ipv6 next_header length_bytes'),
  1033: of('extended_ib_bth', 'pkey dst_qp opcode'),
  1034: of('extended_vlanin', 'stack:u32s'),
  1035: of('extended_vlanout', 'stack:u32s'),
  1036: of('extended_egress_queue', 'queue'),
  1037: of('extended_acl', 'number name:string direction'),
  1038: of('extended_function', 'symbol:string'),
  1039: of('extended_transit', 'delay_ns'),
  1040: of('extended_queue', 'depth_bytes'),
  1041: of('extended_hw_trap', 'group:string trap:string'),
  1042: of('extended_linux_drop_reason', 'reason:string'),
  2100: of('extended_socket_ipv4', SOCKET('ipv4')),
  2101: of('extended_socket_ipv6', SOCKET('ipv6')),
  2102: of('extended_proxy_socket_ipv4', SOCKET('ipv4')),
  2103: of('extended_proxy_socket_ipv6', SOCKET('ipv6')),
  2200: of('memcache_operation', 'protocol cmd key:string nkeys value_bytes duration_us status'),
  2202: of('app_operation', `${CONTEXT} status_descr:string req_bytes:u64 resp_bytes:u64 duration_us status`),
  2203: of('app_parent_context', CONTEXT),
  2204: of('app_initiator', 'actor:string'),
  2205: of('app_target', 'actor:string'),
  2206: of(
    'http_request',
    `method protocol uri:string host:string referer:string useragent:string xff:string authuser:string
    mime_type:string req_bytes:u64 resp_bytes:u64 duration_us status:i32`,
  ),
  2207: of('extended_proxy_request', 'uri:string host:string'),
  2209: of(
    'extended_tcp_info',
    `direction snd_mss_bytes rcv_mss_bytes unacked lost retrans pmtu_bytes rtt_us rttvar_us snd_cwnd
    reordering min_rtt_us`,
  ),
}

/** Records of counter samples. */
export const COUNTER_STRUCTURES: Structures = {
  1: of(
    'if_counters',
    `ifIndex ifType ifSpeed_bps:u64 ifDirection ifStatus ifInOctets:u64 ifInUcastPkts ifInMulticastPkts
    ifInBroadcastPkts ifInDiscards ifInErrors ifInUnknownProtos ifOutOctets:u64 ifOutUcastPkts
    ifOutMulticastPkts ifOutBroadcastPkts ifOutDiscards ifOutErrors ifPromiscuousMode`,
  ),
  2: of(
    'ethernet_counters',
    `dot3StatsAlignmentErrors dot3StatsFCSErrors dot3StatsSingleCollisionFrames
    dot3StatsMultipleCollisionFrames dot3StatsSQETestErrors dot3StatsDeferredTransmissions
    dot3StatsLateCollisions dot3StatsExcessiveCollisions dot3StatsInternalMacTransmitErrors
    dot3StatsCarrierSenseErrors dot3StatsFrameTooLongs dot3StatsInternalMacReceiveErrors
    dot3StatsSymbolErrors`,
  ),
  3: of(
    'tokenring_counters',
    `dot5StatsLineErrors dot5StatsBurstErrors dot5StatsACErrors dot5StatsAbortTransErrors
    dot5StatsInternalErrors dot5StatsLostFrameErrors dot5StatsReceiveCongestions
    dot5StatsFrameCopiedErrors dot5StatsTokenErrors dot5StatsSoftErrors dot5StatsHardErrors
    dot5StatsSignalLoss dot5StatsTransmitBeacons dot5StatsRecoverys dot5StatsLobeWires dot5StatsRemoves
    dot5StatsSingles dot5StatsFreqErrors`,
  ),
  4: of(
    'vg_counters',
    `dot12InHighPriorityFrames dot12InHighPriorityOctets:u64 dot12InNormPriorityFrames
    dot12InNormPriorityOctets:u64 dot12InIPMErrors dot12InOversizeFrameErrors dot12InDataErrors
    dot12InNullAddressedFrames dot12OutHighPriorityFrames dot12OutHighPriorityOctets:u64
    dot12TransitionIntoTrainings dot12HCInHighPriorityOctets:u64 dot12HCInNormPriorityOctets:u64
    dot12HCOutHighPriorityOctets:u64`,
  ),
  5: of('vlan_counters', 'vlan_id octets:u64 ucastPkts multicastPkts broadcastPkts discards'),
  6: of(
    'ieee80211_counters',
    `dot11TransmittedFragmentCount dot11MulticastTransmittedFrameCount dot11FailedCount dot11RetryCount
    dot11MultipleRetryCount dot11FrameDuplicateCount dot11RTSSuccessCount dot11RTSFailureCount
    dot11ACKFailureCount dot11ReceivedFragmentCount dot11MulticastReceivedFrameCount dot11FCSErrorCount
    dot11TransmittedFrameCount dot11WEPUndecryptableCount dot11QoSDiscardedFragmentCount
    dot11AssociatedStationCount dot11QoSCFPollsReceivedCount dot11QoSCFPollsUnusedCount
    dot11QoSCFPollsUnusableCount dot11QoSCFPollsLostCount`,
  ),
  7: of(
    'lag_port_stats',
    `dot3adAggPortActorSystemID:mac dot3adAggPortPartnerOperSystemID:mac dot3adAggPortAttachedAggID
    dot3adAggPortState:hex4 dot3adAggPortStatsLACPDUsRx dot3adAggPortStatsMarkerPDUsRx
    dot3adAggPortStatsMarkerResponsePDUsRx dot3adAggPortStatsUnknownRx dot3adAggPortStatsIllegalRx
    dot3adAggPortStatsLACPDUsTx dot3adAggPortStatsMarkerPDUsTx dot3adAggPortStatsMarkerResponsePDUsTx`,
  ),
  8: of('slow_path_counts', 'unknown other cam_miss cam_full no_hw_support cntrl'),
  10: of(
    'sfp',
    'module_id module_total_lanes module_supply_voltage_mv module_temperature_mc:i32 lanes:lanes',
  ),
  1001: of(
    'processor',
    `5s_cpu_percent:percent 1m_cpu_percent:percent 5m_cpu_percent:percent total_memory_bytes:u64
    free_memory_bytes:u64`,
  ),
  1002: of('radio_utilization', 'elapsed_time_ms on_channel_time_ms on_channel_busy_time_ms'),
  1003: of(
    'queue_length',
    `queueIndex segmentSize_bytes queueSegments queueLength0 queueLength1 queueLength2 queueLength4
    queueLength8 queueLength32 queueLength128 queueLength1024 queueLengthMore dropped`,
  ),
  1004: of('of_port', 'datapath_id:u64 port_no'),
  1005: of('port_name', 'name:string'),
  2000: of('host_descr', 'hostname:string uuid:uuid machine_type os_name os_release:string'),
  2001: of('host_adapters', 'adapters:adapters'),
  2002: of('host_parent', 'container_type container_index'),
  2003: of(
    'host_cpu',
    `load_one:f32 load_five:f32 load_fifteen:f32 proc_run proc_total cpu_num cpu_speed_mhz uptime_s
    cpu_user_ms cpu_nice_ms cpu_system_ms cpu_idle_ms cpu_wio_ms cpu_intr_ms cpu_sintr_ms interrupts
    contexts cpu_steal_ms cpu_guest_ms cpu_guest_nice_ms`,
  ),
  2004: of(
    'host_memory',
    `mem_total_bytes:u64 mem_free_bytes:u64 mem_shared_bytes:u64 mem_buffers_bytes:u64
    mem_cached_bytes:u64 swap_total_bytes:u64 swap_free_bytes:u64 page_in page_out swap_in swap_out`,
  ),
  2005: of(
    'host_disk_io',
    `disk_total_bytes:u64 disk_free_bytes:u64 part_max_used_percent:percent reads bytes_read:u64
    read_time_ms writes bytes_written:u64 write_time_ms`,
  ),
  2006: of(
    'host_net_io',
    'bytes_in:u64 pkts_in errs_in drops_in bytes_out:u64 packets_out errs_out drops_out',
  ),
  2007: of(
    'mib2_ip_group',
    `ipForwarding ipDefaultTTL ipInReceives ipInHdrErrors ipInAddrErrors ipForwDatagrams
    ipInUnknownProtos ipInDiscards ipInDelivers ipOutRequests ipOutDiscards ipOutNoRoutes ipReasmTimeout
    ipReasmReqds ipReasmOKs ipReasmFails ipFragOKs ipFragFails ipFragCreates`,
  ),
  2008: of(
    'mib2_icmp_group',
    `icmpInMsgs icmpInErrors icmpInDestUnreachs icmpInTimeExcds icmpInParamProbs icmpInSrcQuenchs
    icmpInRedirects icmpInEchos icmpInEchoReps icmpInTimestamps icmpInAddrMasks icmpInAddrMaskReps
    icmpOutMsgs icmpOutErrors icmpOutDestUnreachs icmpOutTimeExcds icmpOutParamProbs icmpOutSrcQuenchs
    icmpOutRedirects icmpOutEchos icmpOutEchoReps icmpOutTimestamps icmpOutTimestampReps
    icmpOutAddrMasks icmpOutAddrMaskReps`,
  ),
  2009: of(
    'mib2_tcp_group',
    `tcpRtoAlgorithm tcpRtoMin_ms tcpRtoMax_ms tcpMaxConn tcpActiveOpens tcpPassiveOpens tcpAttemptFails
    tcpEstabResets tcpCurrEstab tcpInSegs tcpOutSegs tcpRetransSegs tcpInErrs tcpOutRsts tcpInCsumErrors`,
  ),
  2010: of(
    'mib2_udp_group',
    `udpInDatagrams udpNoPorts udpInErrors udpOutDatagrams udpRcvbufErrors udpSndbufErrors
    udpInCsumErrors`,
  ),
  2100: of('virt_node', 'mhz cpus memory_bytes:u64 memory_free_bytes:u64 num_domains'),
  2101: of('virt_cpu', 'state cpuTime_ms nrVirtCpu'),
  2102: of('virt_memory', 'memory_bytes:u64 maxMemory_bytes:u64'),
  2103: of(
    'virt_disk_io',
    `capacity_bytes:u64 allocation_bytes:u64 available_bytes:u64 rd_req rd_bytes:u64 wr_req wr_bytes:u64
    errs`,
  ),
  2104: of('virt_net_io', 'rx_bytes:u64 rx_packets rx_errs rx_drop tx_bytes:u64 tx_packets tx_errs tx_drop'),
  2105: of('jvm_runtime', 'vm_name:string vm_vendor:string vm_version:string'),
  2106: of(
    'jvm_statistics',
    `heap_initial_bytes:u64 heap_used_bytes:u64 heap_committed_bytes:u64 heap_max_bytes:u64
    non_heap_initial_bytes:u64 non_heap_used_bytes:u64 non_heap_committed_bytes:u64
    non_heap_max_bytes:u64 gc_count gc_time_ms classes_loaded classes_total classes_unloaded
    compilation_time_ms thread_num_live thread_num_daemon thread_num_started fd_open_count fd_max_count`,
  ),
  2201: of(
    'http_counters',
    `method_option_count method_get_count method_head_count method_post_count method_put_count
    method_delete_count method_trace_count method_connect_count method_other_count status_1XX_count
    status_2XX_count status_3XX_count status_4XX_count status_5XX_count status_other_count`,
  ),
  2202: of(
    'app_operations',
    `application:string success other timeout internal_error bad_request forbidden too_large
    not_implemented not_found unavailable unauthorized`,
  ),
  2203: of(
    'app_resources',
    'user_time_ms system_time_ms mem_used_bytes:u64 mem_max_bytes:u64 fd_open fd_max conn_open conn_max',
  ),
  2204: of(
    'memcache_counters',
    `cmd_set cmd_touch cmd_flush get_hits get_misses delete_hits delete_misses incr_hits incr_misses
    decr_hits decr_misses cas_hits cas_misses cas_badval auth_cmds auth_errors threads conn_yields
    listen_disabled_num curr_connections rejected_connections total_connections connection_structures
    evictions reclaimed curr_items total_items bytes_read:u64 bytes_written:u64 bytes:u64
    limit_maxbytes:u64`,
  ),
  2206: of('app_workers', 'workers_active workers_idle workers_max req_delayed req_dropped'),
  2207: of('ovs_dp_stats', 'hits misses lost mask_hits flows masks'),
  [BROADCOM + 1]: of('bst_device_buffers', 'uc_pc_percent:percent mc_pc_percent:percent'),
  [BROADCOM + 2]: of(
    'bst_port_buffers',
    `ingress_uc_pc_percent:percent ingress_mc_pc_percent:percent egress_uc_pc_percent:percent
    egress_mc_pc_percent:percent egress_queue_uc_pc_percent:percents egress_queue_mc_pc_percent:percents`,
  ),
  [BROADCOM + 3]: of(
    'hw_tables',
    `host_entries host_entries_max ipv4_entries ipv4_entries_max ipv6_entries ipv6_entries_max
    ipv4_ipv6_entries ipv4_ipv6_entries_max long_ipv6_entries long_ipv6_entries_max total_routes
    total_routes_max ecmp_nexthops ecmp_nexthops_max mac_entries mac_entries_max ipv4_neighbors
    ipv6_neighbors ipv4_routes ipv6_routes acl_ingress_entries acl_ingress_entries_max
    acl_ingress_counters acl_ingress_counters_max acl_ingress_meters acl_ingress_meters_max
    acl_ingress_slices acl_ingress_slices_max acl_egress_entries acl_egress_entries_max
    acl_egress_counters acl_egress_counters_max acl_egress_meters acl_egress_meters_max
    acl_egress_slices acl_egress_slices_max`,
  ),
  [NVIDIA + 1]: of(
    'gpu_utilization',
    `device_count processes gpu_time_ms mem_time_ms mem_total_bytes:u64 mem_free_bytes:u64 ecc_errors
    energy_mj temperature_c fan_speed_percent`,
  ),
}

/**
 * Why a packet was discarded: ICMP's codes of destinations that cannot be reached, then sFlow's own from 256.
 */
const UNREACHABLE = `
  net_unreachable host_unreachable protocol_unreachable port_unreachable frag_needed src_route_failed
  dst_net_unknown dst_host_unknown src_host_isolated dst_net_prohibited dst_host_prohibited
  dst_net_tos_unreachable dst_host_tos_unreacheable comm_admin_prohibited host_precedence_violation
  precedence_cutoff`
const DISCARDED = `
  unknown ttl_exceeded acl no_buffer_space red traffic_shaping pkt_too_big src_mac_is_multicast
  vlan_tag_mismatch ingress_vlan_filter ingress_spanning_tree_filter port_list_is_empty
  port_loopback_filter blackhole_route non_ip uc_dip_over_mc_dmac dip_is_loopback_address sip_is_mc
  sip_is_loopback_address ip_header_corrupted ipv4_sip_is_limited_bc ipv6_mc_dip_reserved_scope
  ipv6_mc_dip_interface_local_scope unresolved_neigh mc_reverse_path_forwarding non_routable_packet
  decap_error overlay_smac_is_mc unknown_l2 unknown_l3 unknown_l3_exception unknown_buffer
  unknown_tunnel unknown_l4 sip_is_unspecified mlag_port_isolation blackhole_arp_neigh src_mac_is_dmac
  dmac_is_reserved sip_is_class_e mc_dmac_mismatch sip_is_dip dip_is_local_network dip_is_link_local
  overlay_smac_is_dmac egress_vlan_filter uc_reverse_path_forwarding split_horizon`

const UNREACHABLE_NAMES = UNREACHABLE.trim().split(/\s+/)
const DISCARDED_NAMES = DISCARDED.trim().split(/\s+/)

/** The name of a drop reason; its number as text where it has none here. */
export function dropReason(reason: number): string {
  return UNREACHABLE_NAMES[reason] ?? DISCARDED_NAMES[reason - 256] ?? `${reason}`
}
