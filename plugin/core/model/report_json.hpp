// Readers and writers of the model's parts, shared by events, queries and notices. Inside core only.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "core/model/json_fields.hpp"
#include "core/model/clinical_record.hpp"

namespace huren::model {

using OrderedJson = nlohmann::ordered_json;

void read_code(const Json& value, const JsonPlace& path, Source& source, Code& into);
void read_organisation(const Json& value, const JsonPlace& path, Source& source, Organisation& into);
void read_patient(const Json& value, const JsonPlace& path, Source& source, Patient& into);
void read_person(const Json& value, const JsonPlace& path, Source& source, Person& into);
void read_doctor(const Json& value, const JsonPlace& path, Source& source, Person& into);  // id required
void read_record_item(const Json& value, const JsonPlace& path, Source& source, RecordItem& into);
void read_report(const Json& value, const JsonPlace& path, Source& source, LabReport& into);
// What an event may leave out and the wire needs: place, value type, bounds of a printed range. Checks across members.
void complete_report(const std::string& path, Source& source, LabReport& report);

OrderedJson patient_json(const Patient& patient);
OrderedJson person_json(const Person& person);
OrderedJson code_json(const Code& code);
OrderedJson organisation_json(const Organisation& organisation);
OrderedJson range_json(const ReferenceRange& range);
OrderedJson report_json(const LabReport& report);
OrderedJson finding_json(const Finding& finding);  // {"severity","where","id","zh","en"}
OrderedJson findings_array(const Findings& findings);
// Members are left out when they hold nothing.
void put(OrderedJson& into, const char* name, const std::string& text);
void put(OrderedJson& into, const char* name, const Timestamp& time);
void put(OrderedJson& into, const char* name, const std::vector<std::string>& texts);
void put_part(OrderedJson& into, const char* name, OrderedJson part);  // an empty object or array is left out

}  // namespace huren::model
