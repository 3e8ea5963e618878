-- What huren needs of a GNUmed 22 database, in a schema of its own; run once as gm-dbo: psql -d gnumed_v22 -f gnumed.sql
-- Promises: GNUmed's own tables and functions stay as they are; running it again changes nothing; what a doctor recognised is
-- filed under the laboratory that measured it, never under our own. Refuses: a row without an encounter of that patient.
BEGIN;
CREATE SCHEMA IF NOT EXISTS huren;

-- Resident ID and health card are GNUmed external ids of these two types.
INSERT INTO dem.enum_ext_id_types(name, issuer)
SELECT v.name, 'CN' FROM (VALUES ('resident_id'), ('health_card')) AS v(name)
WHERE NOT EXISTS (SELECT 1 FROM dem.enum_ext_id_types t WHERE t.name = v.name AND t.issuer = 'CN');

CREATE OR REPLACE VIEW huren.patients AS
SELECT i.pk::text AS patient_id, n.lastnames || n.firstnames AS patient_name, i.gender, i.dob::date AS birth_date,
  (SELECT x.external_id FROM dem.lnk_identity2ext_id x JOIN dem.enum_ext_id_types t ON t.pk = x.fk_origin
   WHERE x.id_identity = i.pk AND t.name = 'resident_id' AND t.issuer = 'CN' LIMIT 1) AS resident_id,
  (SELECT x.external_id FROM dem.lnk_identity2ext_id x JOIN dem.enum_ext_id_types t ON t.pk = x.fk_origin
   WHERE x.id_identity = i.pk AND t.name = 'health_card' AND t.issuer = 'CN' LIMIT 1) AS health_card,
  greatest(i.modified_when,
    (SELECT max(x.modified_when) FROM dem.lnk_identity2ext_id x WHERE x.id_identity = i.pk)) AS changed_at
FROM dem.identity i JOIN dem.names n ON n.id_identity = i.pk AND n.active
WHERE NOT i.deleted AND i.pk IN (SELECT fk_identity FROM clin.patient);

-- The doctor of an encounter is whoever of the staff worked on it last.
CREATE OR REPLACE VIEW huren.encounters AS
SELECT e.pk::text AS encounter_id, e.fk_patient::text AS patient_id, e.started AS started_at,
  coalesce((SELECT s.short_alias FROM dem.staff s WHERE s.db_user = e.modified_by), 'GNUmed') AS doctor_id,
  e.modified_when AS changed_at
FROM clin.encounter e;

-- One report is what was collected of one patient at one moment by one laboratory of ours.
CREATE OR REPLACE VIEW huren.results AS
SELECT r.report_no, r.patient_id, p.patient_name, p.gender, p.birth_date, p.resident_id, p.health_card, r.encounter_id, r.author_id, r.reported_at,
  r.collected_at, r.material, r.item_no, r.item_code, r.item_name, r.loinc, r.value, r.unit, r.normal_range, r.indicator, r.status, r.changed_at
FROM (
  SELECT 'GM' || e.fk_patient || '-' || y.fk_test_org || '-' || to_char(t.clin_when AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS') AS report_no,
    e.fk_patient::text AS patient_id, t.fk_encounter::text AS encounter_id, coalesce(s.short_alias, 'GNUmed') AS author_id,
    max(t.modified_when) OVER (PARTITION BY e.fk_patient, y.fk_test_org, t.clin_when) AS reported_at,
    t.clin_when AS collected_at, t.material, t.pk AS item_no, y.abbrev AS item_code, y.name AS item_name,
    substring(y.loinc FROM '^[0-9]{1,7}-[0-9]$') AS loinc,
    coalesce(t.val_num::text, t.val_alpha) AS value, t.val_unit AS unit,
    coalesce(t.val_normal_range, t.val_normal_min::text || '-' || t.val_normal_max::text) AS normal_range,
    t.abnormality_indicator AS indicator, t.status, t.modified_when AS changed_at
  FROM clin.test_result t JOIN clin.test_type y ON y.pk = t.fk_type JOIN clin.encounter e ON e.pk = t.fk_encounter
  LEFT JOIN dem.staff s ON s.pk = t.fk_intended_reviewer
  WHERE coalesce(t.source_data, '') NOT LIKE 'huren %'
) r JOIN huren.patients p ON p.patient_id = r.patient_id;

-- What a doctor decided, entered by the practice's own form or by the console.
CREATE TABLE IF NOT EXISTS huren.decisions(
  decision_id text PRIMARY KEY, outcome text NOT NULL, reason text, note text, order_item text, patient_id text NOT NULL, encounter_id text NOT NULL,
  doctor_id text NOT NULL, result_ids text NOT NULL, decided_at timestamp with time zone NOT NULL DEFAULT clock_timestamp());

GRANT USAGE ON SCHEMA huren TO "gm-doctors";
GRANT SELECT, INSERT ON huren.decisions TO "gm-doctors";

-- Where huren writes what was recognised; the trigger files it.
CREATE TABLE IF NOT EXISTS huren.recognised(
  decision_id text NOT NULL, result_id text NOT NULL, kind text NOT NULL, reason text, patient_id text NOT NULL, encounter_id text, doctor_id text,
  hospital_code text NOT NULL, hospital_name text, report_no text NOT NULL, collected_at timestamp with time zone, item_code text, item_name text,
  loinc text, value_number numeric, value_text text, unit text, normal_range text, flags text, pk_test_result integer, PRIMARY KEY(decision_id, result_id));

-- The laboratory of another hospital as GNUmed knows laboratories; made when its first result comes.
CREATE OR REPLACE FUNCTION huren.laboratory(name text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE org integer; unit integer; lab integer;
BEGIN
  SELECT pk INTO org FROM dem.org WHERE description = name;
  IF org IS NULL THEN
    INSERT INTO dem.org(description, fk_category) VALUES (name, (SELECT min(pk) FROM dem.org_category)) RETURNING pk INTO org;
  END IF;
  SELECT pk INTO unit FROM dem.org_unit WHERE fk_org = org AND description = name || '检验科';
  IF unit IS NULL THEN
    INSERT INTO dem.org_unit(description, fk_org) VALUES (name || '检验科', org) RETURNING pk INTO unit;
  END IF;
  SELECT pk INTO lab FROM clin.test_org WHERE fk_org_unit = unit;
  IF lab IS NULL THEN
    INSERT INTO clin.test_org(fk_org_unit, comment) VALUES (unit, 'huren') RETURNING pk INTO lab;
  END IF;
  RETURN lab;
END $$;

CREATE OR REPLACE FUNCTION huren.file_recognised() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lab integer; kind integer; episode integer; encounter integer; reviewer integer; words text;
BEGIN
  SELECT e.pk INTO encounter FROM clin.encounter e WHERE e.fk_patient::text = NEW.patient_id AND (NEW.encounter_id IS NULL OR e.pk::text = NEW.encounter_id)
    ORDER BY e.started DESC LIMIT 1;
  IF encounter IS NULL THEN RAISE EXCEPTION 'no such encounter of this patient'; END IF;
  words := CASE NEW.kind WHEN 'accepted' THEN '互认结果' WHEN 'revoked' THEN '互认已撤销' WHEN 'corrected' THEN '来源医院已更正，请重新判断'
    ELSE '来源医院已撤回，不得使用' END || '：' || coalesce(NEW.hospital_name, NEW.hospital_code) || '，报告 ' || NEW.report_no || coalesce('；' || NEW.reason, '');
  IF NEW.pk_test_result IS NOT NULL THEN  -- known before: only its standing changes
    UPDATE clin.test_result SET narrative = words, status = CASE NEW.kind WHEN 'accepted' THEN 'F' WHEN 'corrected' THEN 'C' ELSE 'W' END
      WHERE pk = NEW.pk_test_result;
    RETURN NEW;
  END IF;
  lab := huren.laboratory(coalesce(NEW.hospital_name, NEW.hospital_code));
  SELECT pk INTO kind FROM clin.test_type WHERE fk_test_org = lab AND abbrev = coalesce(NEW.item_code, NEW.item_name);
  IF kind IS NULL THEN
    INSERT INTO clin.test_type(fk_test_org, abbrev, name, loinc, reference_unit)
      VALUES (lab, coalesce(NEW.item_code, NEW.item_name), coalesce(NEW.item_name, NEW.item_code) || '（' || coalesce(NEW.item_code, '-') || '）', NEW.loinc, NEW.unit)
      RETURNING pk INTO kind;
  END IF;
  SELECT p.pk INTO episode FROM clin.episode p JOIN clin.encounter e ON e.pk = p.fk_encounter
    WHERE e.fk_patient::text = NEW.patient_id AND p.description = '互认检验结果' LIMIT 1;
  IF episode IS NULL THEN
    INSERT INTO clin.episode(description, fk_encounter, is_open) VALUES ('互认检验结果', encounter, true) RETURNING pk INTO episode;
  END IF;
  SELECT pk INTO reviewer FROM dem.staff ORDER BY (short_alias = NEW.doctor_id) DESC, is_active DESC, pk LIMIT 1;
  INSERT INTO clin.test_result(fk_encounter, fk_episode, fk_type, clin_when, val_num, val_alpha, val_unit, val_normal_range, abnormality_indicator,
      fk_intended_reviewer, status, narrative, source_data, note_test_org)
    VALUES (encounter, episode, kind, coalesce(NEW.collected_at, now()), CASE WHEN NEW.unit IS NULL THEN NULL ELSE NEW.value_number END,
      CASE WHEN NEW.unit IS NULL THEN coalesce(NEW.value_text, NEW.value_number::text) ELSE NEW.value_text END, NEW.unit, NEW.normal_range,
      CASE NEW.flags WHEN 'H' THEN '+' WHEN 'HH' THEN '++' WHEN 'L' THEN '-' WHEN 'LL' THEN '--' ELSE NEW.flags END,
      reviewer, 'F', words, 'huren ' || NEW.decision_id || ' ' || NEW.result_id, NEW.hospital_code)
    RETURNING pk INTO NEW.pk_test_result;
  RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS file_recognised ON huren.recognised;
CREATE TRIGGER file_recognised BEFORE INSERT OR UPDATE ON huren.recognised FOR EACH ROW EXECUTE FUNCTION huren.file_recognised();
COMMIT;
