// The segments and data types that huren writes, as plain values. Names follow v2.5.1; only the parts in use are here:
// for anything else there is Writer when writing and Message when reading.
#pragma once
#include <string>
#include <vector>

#include "core/base/time.hpp"

namespace huren::hl7 {

struct Hd { std::string name, id, type; bool operator==(const Hd&) const = default; };
struct Cwe {
  std::string code, text, system, other_code, other_text, other_system, original;
  bool operator==(const Cwe&) const = default;
};
struct Cx { std::string id; Hd authority; std::string type; bool operator==(const Cx&) const = default; };
struct Xpn { std::string family, given, type; bool operator==(const Xpn&) const = default; };
struct Xcn { std::string id, family, given; Hd authority; bool operator==(const Xcn&) const = default; };
struct Xon { std::string name, id; Hd authority; bool operator==(const Xon&) const = default; };
struct Xad { std::string street, city, province, zip, country; bool operator==(const Xad&) const = default; };
struct Pl { std::string point_of_care, room, bed, facility; bool operator==(const Pl&) const = default; };
struct Ei { std::string id, name_space, universal_id, universal_type; bool operator==(const Ei&) const = default; };
using Components = std::vector<std::string>;  // a repetition of OBX-5 or of a query's parameter

struct Evn { Timestamp recorded_at; std::string reason; Timestamp occurred_at; bool operator==(const Evn&) const = default; };

struct Pid {
  std::string set_id;
  std::vector<Cx> ids;          // PID-3
  std::vector<Xpn> names;       // PID-5
  Timestamp born;               // PID-7
  std::string sex;              // PID-8
  std::vector<Xad> addresses;   // PID-11
  std::vector<std::string> phones;  // PID-13.1
  Cx account;                   // PID-18
  bool operator==(const Pid&) const = default;
};

struct Mrg { std::vector<Cx> ids; std::vector<Xpn> names; bool operator==(const Mrg&) const = default; };

struct Pv1 {
  std::string set_id, patient_class;  // PV1-1, -2
  Pl location, prior_location;        // PV1-3, -6
  std::vector<Xcn> attending;         // PV1-7
  std::string service;                // PV1-10
  Cx visit;                           // PV1-19
  Timestamp admitted_at, discharged_at;  // PV1-44, -45
  bool operator==(const Pv1&) const = default;
};

struct Orc {
  std::string control;     // ORC-1
  Ei placer, filler;       // ORC-2, -3
  std::string status;      // ORC-5
  Timestamp entered_at;    // ORC-9
  std::vector<Xcn> provider;  // ORC-12
  Cwe reason;              // ORC-16
  std::vector<Xon> facility;  // ORC-21
  bool operator==(const Orc&) const = default;
};

struct Obr {
  std::string set_id;
  Ei placer, filler;               // OBR-2, -3
  Cwe service;                     // OBR-4
  Timestamp observed_at, observed_end;  // OBR-7, -8
  std::string clinical_info;       // OBR-13
  std::vector<Xcn> provider;       // OBR-16
  Timestamp reported_at;           // OBR-22
  std::string section, status;     // OBR-24, -25
  std::vector<Cwe> reasons;        // OBR-31
  Cwe duplicate_reason;            // OBR-48: medically necessary duplicate
  bool operator==(const Obr&) const = default;
};

struct Obx {
  std::string set_id, value_type;     // OBX-1, -2
  Cwe code;                           // OBX-3
  std::string sub_id;                 // OBX-4
  std::vector<Components> values;     // OBX-5; of type FT: formatting commands stay
  Cwe units;                          // OBX-6
  std::string range;                  // OBX-7
  std::vector<std::string> flags;     // OBX-8
  std::string status;                 // OBX-11
  Timestamp observed_at;              // OBX-14
  std::vector<Xcn> observers;         // OBX-16
  std::vector<Cwe> methods;           // OBX-17
  std::vector<Ei> equipment;          // OBX-18
  Timestamp analysed_at;              // OBX-19
  Xon performer;                      // OBX-23
  Xad performer_address;              // OBX-24
  bool operator==(const Obx&) const = default;
};

struct Nte { std::string set_id, source; std::vector<std::string> comments; bool operator==(const Nte&) const = default; };

struct Spm {
  std::string set_id;
  std::string specimen_id;          // SPM-2.1
  Cwe type;                         // SPM-4
  Timestamp collected_at, received_at;  // SPM-17.1, -18
  bool operator==(const Spm&) const = default;
};

struct Dg1 { std::string set_id; Cwe code; Timestamp at; std::string type; bool operator==(const Dg1&) const = default; };

struct Rf1 {
  Cwe status, priority, type;          // RF1-1 (A E P R), -2, -3
  std::vector<Cwe> disposition;        // RF1-4
  Cwe category;                        // RF1-5
  Ei originating_id;                   // RF1-6
  Timestamp effective_at, expires_at;  // RF1-7, -8
  std::vector<Cwe> reasons;            // RF1-10
  std::vector<Ei> external_ids;        // RF1-11
  bool operator==(const Rf1&) const = default;
};

struct Prd {
  std::vector<Cwe> roles;              // PRD-1 (RP, RT)
  std::vector<Xpn> names;              // PRD-2
  Pl location;                         // PRD-4
  std::vector<Components> ids;         // PRD-7 (PLN: id^type)
  bool operator==(const Prd&) const = default;
};

struct Txa {
  std::string set_id, type, presentation;  // TXA-1, -2, -3
  Timestamp activity_at;                   // TXA-4
  std::vector<Xcn> originator;             // TXA-9
  Ei document, parent;                     // TXA-12, -13
  std::string completion, confidentiality, availability;  // TXA-17, -18, -19
  bool operator==(const Txa&) const = default;
};

struct Msa { std::string code, control_id, text; bool operator==(const Msa&) const = default; };
struct Qrd {
  Timestamp at;                        // QRD-1
  std::string format, priority, id;    // QRD-2, -3, -4
  Components quantity;                 // QRD-7 (CQ)
  std::vector<Xcn> who;                // QRD-8
  std::vector<Cwe> what, department;   // QRD-9, -10
  bool operator==(const Qrd&) const = default;
};
struct Qrf { std::vector<std::string> where; Timestamp from, to; bool operator==(const Qrf&) const = default; };
struct Qpd { Cwe name; std::string tag; std::vector<Components> parameters; bool operator==(const Qpd&) const = default; };
struct Rcp { std::string priority; Components limit; bool operator==(const Rcp&) const = default; };
struct Qak { std::string tag, status; Cwe name; bool operator==(const Qak&) const = default; };

}  // namespace huren::hl7
