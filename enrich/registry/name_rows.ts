import { APP_CLASSES, REGIONS, type RegistrySnapshot } from '../../model/registry.js'
import type { NameRows } from '../../model/registry_names.js'
import { APPLICATION_CATALOGUE } from './application_catalogue.js'
import { planningRows } from './planning_rows.js'

/**
 * Rows of the name tables for a version of the registry. Entries that went are not among them: their rows in
 * the store stay, so that old flows keep their names.
 */
export function nameRows(snapshot: RegistrySnapshot): NameRows {
  const { registry, ids, version } = snapshot
  const into = new Map(registry.consolidation.map((c) => [c.room, ids.sites[c.into] ?? 0]))
  return {
    organizations: registry.organizations.map((o) => ({
      number: ids.organizations[o.id]!,
      id: o.id,
      name_fr: o.name.fr,
      name_en: o.name.en,
      kind: o.kind ?? '',
      itsm_group: o.itsm_group ?? '',
      language: o.language ?? 'fr',
      version,
    })),
    sites: registry.sites.map((s) => ({
      number: ids.sites[s.id]!,
      id: s.id,
      organization: ids.organizations[s.organization] ?? 0,
      name_fr: s.name?.fr ?? s.id,
      name_en: s.name?.en ?? s.id,
      kind: s.kind ?? '',
      region: Number(s.region ?? 0),
      lat: s.coordinates?.lat ?? null,
      lon: s.coordinates?.lon ?? null,
      municipality: s.municipality ?? '',
      network: s.network ?? '',
      migration_wave: s.migration?.wave ?? 0,
      migration_date: s.migration?.date?.slice(0, 10) ?? null,
      moves_into: into.get(s.id) ?? 0,
      version,
    })),
    suppliers: registry.suppliers.map((s) => ({
      number: ids.suppliers[s.id]!,
      id: s.id,
      name_fr: s.name.fr,
      name_en: s.name.en,
      version,
    })),
    links: registry.links.map((l) => ({
      number: ids.links[l.id]!,
      id: l.id,
      site: ids.sites[l.site] ?? 0,
      supplier: ids.suppliers[l.supplier] ?? 0,
      lot: l.lot ?? '',
      technology: l.technology ?? '',
      committed_bps: l.committed_bps ?? 0,
      burst_bps: l.burst_bps ?? 0,
      sla_class: l.sla_class ?? '',
      billing_rule: l.billing?.rule ?? '',
      price_per_month_cad: l.billing?.price_per_month_cad ?? 0,
      version,
    })),
    applications: [
      ...APPLICATION_CATALOGUE.map((a) =>
        applicationRow(a.number, a.id, { fr: a.name, en: a.name }, a.class, version),
      ),
      ...registry.applications.map((a) =>
        applicationRow(ids.applications[a.id]!, a.id, a.name, a.class, version),
      ),
    ],
    app_classes: Object.entries(APP_CLASSES).map(([id, number]) => ({
      number,
      id,
      ...CLASS_NAMES[id]!,
      version,
    })),
    regions: Object.entries(REGIONS).map(([id, name]) => ({
      number: Number(id),
      id,
      name_fr: name,
      name_en: name,
      version,
    })),
    // Last, for its last row says that the version is whole.
    ...planningRows(snapshot),
  }
}

const applicationRow = (
  number: number,
  id: string,
  name: { fr: string; en: string },
  cls: keyof typeof APP_CLASSES,
  version: number,
): NameRows['applications'][number] => ({
  number,
  id,
  name_fr: name.fr,
  name_en: name.en,
  class: APP_CLASSES[cls],
  version,
})

const named = (name_fr: string, name_en: string) => ({ name_fr, name_en })

/** Names of the classes of applications. */
const CLASS_NAMES: Readonly<Record<string, { name_fr: string; name_en: string }>> = {
  unknown: named('Inconnue', 'Unknown'),
  voice: named('Voix', 'Voice'),
  video: named('Vidéo', 'Video'),
  health_record: named('Dossier de santé', 'Health record'),
  medical_imaging: named('Imagerie médicale', 'Medical imaging'),
  office: named('Bureautique', 'Office'),
  cloud: named('Infonuagique', 'Cloud'),
  backup: named('Sauvegarde', 'Backup'),
  remote_access: named('Accès à distance', 'Remote access'),
  radio_gateway: named('Passerelle radio', 'Radio gateway'),
  web: named('Web', 'Web'),
  mail: named('Courriel', 'Mail'),
  infrastructure: named('Infrastructure', 'Infrastructure'),
  directory: named('Annuaire', 'Directory'),
  database: named('Base de données', 'Database'),
  file_transfer: named('Transfert de fichiers', 'File transfer'),
  management: named('Gestion', 'Management'),
  vpn: named('Réseau privé virtuel', 'Virtual private network'),
  peer_to_peer: named('Pair-à-pair', 'Peer-to-peer'),
  other: named('Autre', 'Other'),
}
