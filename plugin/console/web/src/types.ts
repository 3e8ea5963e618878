// Shapes of the answers, as schemas/api/openapi.json has them; only what the pages use.
export interface Words { zh: string; en: string }
export interface Session { user: string; display: string; role: string; csrf: string; rights: string[] }
export interface PartnerHealth { code: string; waiting: number; oldest_waiting_ms: number; parked: number; in_flight?: number; delivered?: number; breaker?: string; last_success_at?: string | null }
export interface Status {
  hospital: { code: string; name: string };
  pending_changes: boolean;
  now: string;
  health: {
    live?: boolean; codes?: string; spool?: number | string; store?: string; outbox_waiting?: number; outbox_parked?: number; oldest_waiting_ms?: number; inbox_waiting?: number;
    notices_open?: number; retractions_open?: number; retractions_escalated?: number; unmatched_reports?: number; partners?: PartnerHealth[];
    certificates?: { name: string; days_left: number | null }[]; log?: { warnings: number; errors: number };
  };
}
export interface Option { key: string; type: string; default: string; required: string; zh: string; en: string }
export interface ConfigTable { name: string; version: string; values: Record<string, string>; given: string[] }
export interface Tables { partners: ConfigTable[]; agreements: ConfigTable[]; partner_options: Option[]; agreement_options: Option[] }
export interface ProbeStep { step: string; state: string; found: string; error?: { id: string; where: string; zh: string; en: string } }
export interface Probe { ok: boolean; steps: ProbeStep[]; certificate?: { fingerprint: string; subject: string; issuer: string; until: string } }
export interface QueueRow {
  id: number; message_id: string; partner: string; type: string; subject: string; state: string; attempts: number; created_at: string; changed_at: string; next_at: string;
  critical: boolean; zh: string; en: string; help: { verb: string; zh: string; en: string };
}
export interface Suggestion { item: string; panel: string; zh: string; en: string; score: number; evidence: { zh: string; en: string; points: number }[] }
export interface MappingRow { code: string; name: string; unit: string; specimen: string; item: string; panel: string; zh: string; en: string; verdict: string; reasons: Words[]; suggestions: Suggestion[] }
export interface MappingAnswer { version: string; catalogue_version: string; mapped: number; recognisable: number; advisory: number; never: number; items: MappingRow[] }
export interface StandardItem { item: string; panel: string; zh: string; en: string; pinyin: string; unit: string }
