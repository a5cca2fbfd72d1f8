import { both } from '../language.js'

/** Kinds of marks on charts. */
export const ANNOTATIONS = {
  incidents: both('Incident', 'Incident'),
  maintenance: both('Fenêtre de maintenance', 'Maintenance window'),
  failovers: both('Basculements et alarmes', 'Failovers and alarms'),
  finding: both('Constat', 'Finding'),
}
