import { defineFeature, readScore } from './feature.ts';
import { ipFindings } from './ip-analysis-findings.ts';
import { ipRisks, ipSettings } from './ip-analysis-risks.ts';
import { reportedVisit, visitBlock } from './ip-analysis-view.ts';

const noDocuments = 'no session has document data that could differ.';
const keptApart = 'applications are kept apart, so nothing is known of others.';

/** IP_ANALYSIS: what do device, network and the past say of this visit? */
export const ipAnalysis = defineFeature({
  name: 'IP_ANALYSIS',
  aliases: [],
  // The look brings the assessment along, but a step that is sent back takes no face with it.
  capture: null,
  // Where and on what device somebody was seen is nobody else's business.
  shared: null,
  after: ['LIVENESS'],
  settings: ipSettings,
  unavailable: {
    ip_mismatch_action: noDocuments,
    multiple_devices_action: 'nothing tells how many devices a session was opened on.',
    device_blocklist_action: 'a device on the blocklist is always declined.',
    device_debugger_action: 'browsers do not tell of debuggers.',
    device_integrity_missing_action: 'browsers attest nothing.',
    cross_org_fraud_device_action: keptApart,
    cross_org_fraud_ip_action: keptApart,
  },
  // Warnings spell the feature differently.
  warningFeature: 'LOCATION',
  risks: ipRisks,
  details: () => ({ risk_level: null }),
  judge(config, evidence) {
    const { assessment } = evidence;
    // There was no visit that could have been assessed.
    if (assessment === undefined) return null;
    return {
      score: readScore(assessment?.riskScore ?? null),
      findings: ipFindings(config, evidence, assessment),
      details: { risk_level: assessment?.riskLevel ?? null },
      visit: reportedVisit(assessment),
    };
  },
  blockKey: 'ip_analyses',
  block: (report, _sessionId, known) => visitBlock(report, known),
  summaryKey: 'ip_analysis',
  summary: (report) => ({
    status: report.status,
    risk_score: report.score,
    risk_level: report.details.risk_level ?? null,
  }),
  listKey: 'ip_analysis',
  listSummary: (report) => ({ risk_score: report.score, risk_level: report.details.risk_level ?? null }),
});
