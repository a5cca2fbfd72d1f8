import type { AnyTargetKind } from '../target.js'
import { alertmanager } from './alertmanager.js'
import { demo } from './demo.js'
import { email } from './email.js'
import { glpi } from './glpi.js'
import { helix } from './helix.js'
import { jiraIssue } from './jira_issue.js'
import { jsmAlert } from './jsm_alert.js'
import { pagerduty } from './pagerduty.js'
import { redmine } from './redmine.js'
import { rt } from './rt.js'
import { servicenowEvent } from './servicenow_event.js'
import { servicenowImport } from './servicenow_import.js'
import { servicenowIncident } from './servicenow_incident.js'
import { webhook } from './webhook.js'

/** All kinds of targets, in the order of the documentation. A new one is a file beside and a line here. */
export const TARGET_KINDS: readonly AnyTargetKind[] = [
  servicenowEvent,
  servicenowImport,
  servicenowIncident,
  jsmAlert,
  jiraIssue,
  pagerduty,
  glpi,
  helix,
  rt,
  redmine,
  alertmanager,
  email,
  webhook,
  demo,
]
