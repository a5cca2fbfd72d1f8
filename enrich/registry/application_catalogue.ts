import type { AppClass } from '../../model/registry.js'

/** A well-known service. Its number is stored in rows: it never changes and is never given again. */
export interface KnownApplication {
  /** 1 to 1000; the registry's applications follow. */
  readonly number: number
  readonly id: string
  readonly name: string
  readonly class: AppClass
  /** As `enrich/tables/service_port.ts` reads them. */
  readonly ports: readonly string[]
}

const known = (number: number, id: string, name: string, cls: AppClass, ports: string): KnownApplication => ({
  number,
  id,
  name,
  class: cls,
  ports: ports.split(' '),
})

/**
 * Applications by well-known port or protocol, for rows that no rule of the registry names. Ports are IANA's
 * (Service Name and Transport Protocol Port Number Registry), or those the maker documents where it
 * registered none.
 */
export const APPLICATION_CATALOGUE: readonly KnownApplication[] = [
  known(1, 'dns', 'DNS', 'infrastructure', 'udp/53 tcp/53 tcp/853 udp/853 udp/5353 udp/5355'),
  known(2, 'dhcp', 'DHCP', 'infrastructure', 'udp/67-68 udp/546-547'),
  known(3, 'ntp', 'NTP', 'infrastructure', 'udp/123'),
  known(4, 'icmp', 'ICMP', 'infrastructure', 'icmp icmpv6'),
  known(5, 'routing', 'BGP, OSPF, EIGRP', 'infrastructure', 'tcp/179 ospf eigrp udp/520-521 pim igmp'),
  known(6, 'redundancy', 'VRRP, HSRP, BFD', 'infrastructure', 'vrrp udp/1985 udp/3784-3785 udp/4784'),
  known(7, 'aaa', 'RADIUS, TACACS+', 'infrastructure', 'udp/1812-1813 udp/1645-1646 tcp/2083 tcp/49'),
  known(8, 'capwap', 'CAPWAP', 'infrastructure', 'udp/5246-5247'),
  known(9, 'overlay', 'VXLAN, Geneve, LISP', 'infrastructure', 'udp/4789 udp/6081 udp/4341-4342'),
  known(10, 'ssdp', 'SSDP', 'infrastructure', 'udp/1900'),
  known(20, 'http', 'HTTP', 'web', 'tcp/80 tcp/8080 tcp/8000 tcp/8008 tcp/8888'),
  known(21, 'https', 'HTTPS', 'web', 'tcp/443 tcp/8443'),
  known(22, 'quic', 'QUIC', 'web', 'udp/443'),
  known(23, 'proxy', 'Proxy', 'web', 'tcp/3128 tcp/1080'),
  known(30, 'smtp', 'SMTP', 'mail', 'tcp/25 tcp/465 tcp/587'),
  known(31, 'imap', 'IMAP', 'mail', 'tcp/143 tcp/993'),
  known(32, 'pop3', 'POP3', 'mail', 'tcp/110 tcp/995'),
  known(40, 'ldap', 'LDAP', 'directory', 'tcp/389 udp/389 tcp/636 tcp/3268-3269'),
  known(41, 'kerberos', 'Kerberos', 'directory', 'tcp/88 udp/88 tcp/464 udp/464'),
  known(42, 'msrpc', 'MS-RPC', 'directory', 'tcp/135 udp/135 tcp/593'),
  known(43, 'netbios', 'NetBIOS', 'directory', 'udp/137-138 tcp/137-139'),
  known(50, 'smb', 'SMB', 'file_transfer', 'tcp/445'),
  known(51, 'nfs', 'NFS', 'file_transfer', 'tcp/2049 udp/2049 tcp/111 udp/111'),
  known(52, 'ftp', 'FTP', 'file_transfer', 'tcp/20-21 tcp/989-990 udp/69'),
  known(53, 'iscsi', 'iSCSI', 'file_transfer', 'tcp/3260 tcp/860'),
  known(54, 'printing', 'IPP, LPD, JetDirect', 'office', 'tcp/631 tcp/515 tcp/9100 udp/631'),
  known(60, 'ssh', 'SSH', 'remote_access', 'tcp/22'),
  known(61, 'telnet', 'Telnet', 'remote_access', 'tcp/23 tcp/992'),
  known(62, 'rdp', 'RDP', 'remote_access', 'tcp/3389 udp/3389'),
  known(63, 'vnc', 'VNC', 'remote_access', 'tcp/5900-5910'),
  known(64, 'ica', 'Citrix ICA', 'remote_access', 'tcp/1494 tcp/2598 udp/1494 udp/2598'),
  known(65, 'pcoip', 'PCoIP', 'remote_access', 'tcp/4172 udp/4172'),
  known(66, 'teamviewer', 'TeamViewer', 'remote_access', 'tcp/5938 udp/5938'),
  known(67, 'winrm', 'WinRM', 'management', 'tcp/5985-5986'),
  known(70, 'snmp', 'SNMP', 'management', 'udp/161-162 tcp/161-162 udp/10161-10162'),
  known(71, 'syslog', 'Syslog', 'management', 'udp/514 tcp/6514 udp/6514'),
  known(
    72,
    'flow-export',
    'NetFlow, IPFIX, sFlow',
    'management',
    'udp/2055 udp/4739-4740 udp/6343 udp/9995-9996',
  ),
  known(73, 'netconf', 'NETCONF, gNMI', 'management', 'tcp/830 tcp/9339'),
  known(80, 'sip', 'SIP', 'voice', 'udp/5060-5061 tcp/5060-5061'),
  known(81, 'h323', 'H.323', 'voice', 'tcp/1719-1720 udp/1719-1720'),
  known(82, 'mgcp', 'MGCP', 'voice', 'udp/2427 udp/2727'),
  known(83, 'sccp', 'SCCP', 'voice', 'tcp/2000 tcp/2443'),
  known(84, 'stun', 'STUN, TURN', 'voice', 'udp/3478-3481 tcp/3478 tcp/5349 udp/5349'),
  known(85, 'rtp', 'RTP', 'voice', 'udp/5004-5005'),
  known(90, 'rtsp', 'RTSP', 'video', 'tcp/554 udp/554 tcp/322'),
  known(91, 'rtmp', 'RTMP', 'video', 'tcp/1935'),
  known(92, 'zoom', 'Zoom', 'video', 'udp/8801-8810 tcp/8801-8802'),
  known(100, 'hl7', 'HL7 MLLP', 'health_record', 'tcp/2575'),
  known(101, 'dicom', 'DICOM', 'medical_imaging', 'tcp/104 tcp/11112 tcp/2761-2762'),
  known(110, 'mssql', 'SQL Server', 'database', 'tcp/1433 udp/1434'),
  known(111, 'oracle', 'Oracle', 'database', 'tcp/1521 tcp/2484'),
  known(112, 'mysql', 'MySQL', 'database', 'tcp/3306'),
  known(113, 'postgresql', 'PostgreSQL', 'database', 'tcp/5432'),
  known(114, 'mongodb', 'MongoDB', 'database', 'tcp/27017-27019'),
  known(115, 'redis', 'Redis', 'database', 'tcp/6379'),
  known(116, 'db2', 'Db2', 'database', 'tcp/523'),
  known(117, 'cassandra', 'Cassandra', 'database', 'tcp/9042'),
  known(120, 'rsync', 'rsync', 'backup', 'tcp/873'),
  known(121, 'ndmp', 'NDMP', 'backup', 'tcp/10000'),
  known(122, 'netbackup', 'NetBackup', 'backup', 'tcp/1556 tcp/13724 tcp/13782'),
  known(123, 'bacula', 'Bacula', 'backup', 'tcp/9101-9103'),
  known(124, 'spectrum-protect', 'Spectrum Protect', 'backup', 'tcp/1500-1501'),
  known(125, 'commvault', 'Commvault', 'backup', 'tcp/8400-8403'),
  known(126, 'veeam', 'Veeam', 'backup', 'tcp/9392-9393 tcp/6160-6163'),
  known(130, 'ipsec', 'IPsec', 'vpn', 'udp/500 udp/4500 esp ah'),
  known(131, 'tunnel', 'GRE, IP-IP, L2TP, PPTP', 'vpn', 'gre ipip l2tp udp/1701 tcp/1723'),
  known(132, 'openvpn', 'OpenVPN', 'vpn', 'udp/1194 tcp/1194'),
  known(133, 'wireguard', 'WireGuard', 'vpn', 'udp/51820'),
  known(134, 'sdwan-overlay', 'SD-WAN', 'vpn', 'udp/12346-12446 udp/2426'),
  known(140, 'bittorrent', 'BitTorrent', 'peer_to_peer', 'tcp/6881-6889 udp/6881-6889 tcp/6969 udp/6969'),
  known(150, 'mqtt', 'MQTT', 'other', 'tcp/1883 tcp/8883'),
  known(151, 'modbus', 'Modbus', 'other', 'tcp/502'),
  known(152, 'bacnet', 'BACnet', 'other', 'udp/47808'),
  known(153, 'elasticsearch', 'Elasticsearch', 'database', 'tcp/9200 tcp/9300'),
  known(154, 'kafka', 'Kafka', 'infrastructure', 'tcp/9092-9093'),
  known(155, 'nats', 'NATS', 'infrastructure', 'tcp/4222'),
]
