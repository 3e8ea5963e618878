// The messages of the alliance as values: built, written, and read back to the same value.
// Promises: write(x) has the structure that MSH-9 names and passes check() when the required parts are filled;
//   read_xxx(write(x)) == x. Refuses (Error hl7.message_shape): a message of another type, or whose groups are out of order.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"
#include "core/hl7/segments.hpp"

namespace huren::hl7 {

struct Observation { Obx obx; std::vector<Nte> notes; bool operator==(const Observation&) const = default; };
struct Specimen { Spm spm; std::vector<Obx> observations; bool operator==(const Specimen&) const = default; };

struct ResultGroup {  // one order with its results
  std::optional<Orc> orc;
  Obr obr;
  std::vector<Nte> notes;
  std::vector<Observation> observations;
  std::vector<Specimen> specimens;
  bool operator==(const ResultGroup&) const = default;
};

// ADT A01 A02 A03 A04 A08 A11 A13, A40 (merge: mrg), A37 (unlink: other patient).
struct Adt {
  Header header;
  Evn evn;
  Pid pid;
  std::optional<Mrg> mrg;
  std::optional<Pv1> pv1;
  std::optional<Pid> other;
  std::vector<Dg1> diagnoses;
  bool operator==(const Adt&) const = default;
};

struct Oru {  // ORU^R01, one patient
  Header header;
  std::optional<Pid> pid;
  std::optional<Pv1> pv1;
  std::vector<ResultGroup> results;
  bool operator==(const Oru&) const = default;
};

struct SpecimenResults {
  Spm spm;
  std::string container_id;  // SAC-3
  std::vector<ResultGroup> results;  // without specimens; ORC follows OBR here
  bool operator==(const SpecimenResults&) const = default;
};
struct Oul {  // OUL^R22
  Header header;
  std::optional<Pid> pid;
  std::optional<Pv1> pv1;
  std::vector<SpecimenResults> specimens;
  bool operator==(const Oul&) const = default;
};

struct PriorResult { Pid pid; std::optional<Pv1> pv1; std::vector<ResultGroup> results; bool operator==(const PriorResult&) const = default; };
struct OrderGroup {
  Orc orc;
  std::optional<Obr> obr;
  std::vector<Nte> notes;
  std::vector<Dg1> diagnoses;
  std::vector<Observation> observations;
  std::vector<Specimen> specimens;
  std::vector<PriorResult> prior;  // what was recognised instead of measured again; only with an OBR
  bool operator==(const OrderGroup&) const = default;
};
struct OrderMessage {  // OML^O21, OMG^O19
  Header header;
  Pid pid;
  std::optional<Pv1> pv1;
  std::vector<OrderGroup> orders;
  bool operator==(const OrderMessage&) const = default;
};

struct OrderReply {  // ORL^O22, ORG^O20
  struct Line { Orc orc; std::optional<Obr> obr; std::vector<Spm> specimens; bool operator==(const Line&) const = default; };
  Header header;
  Msa msa;
  std::optional<Pid> pid;
  std::vector<Line> orders;
  bool operator==(const OrderReply&) const = default;
};

struct ReferralMessage {  // REF^I12-I15, RRI^I12-I15 (with msa)
  Header header;
  std::optional<Msa> msa;
  std::optional<Rf1> rf1;
  std::vector<Prd> providers;
  Pid pid;
  std::vector<Dg1> diagnoses;
  std::vector<ResultGroup> results;  // OBR, notes, observations only
  std::optional<Pv1> pv1;
  std::vector<Nte> notes;
  bool operator==(const ReferralMessage&) const = default;
};

struct DocumentMessage {  // MDM^T02
  Header header;
  Evn evn;
  Pid pid;
  Pv1 pv1;
  Txa txa;
  std::vector<Observation> contents;
  bool operator==(const DocumentMessage&) const = default;
};

struct Query { Header header; Qrd qrd; Qrf qrf; bool operator==(const Query&) const = default; };  // QRY^R02
struct QueryResult {  // ORF^R04
  Header header;
  Msa msa;
  Qrd qrd;
  std::optional<Qrf> qrf;
  std::optional<Pid> pid;
  std::vector<ResultGroup> results;
  std::optional<Qak> qak;
  bool operator==(const QueryResult&) const = default;
};

struct ParameterQuery { Header header; Qpd qpd; Rcp rcp; bool operator==(const ParameterQuery&) const = default; };  // QBP^Q11
struct ParameterResponse {  // RSP^K11; the rows are ORF-like groups by agreement between huren systems
  Header header;
  Msa msa;
  Qak qak;
  Qpd qpd;
  std::optional<Pid> pid;
  std::vector<ResultGroup> results;
  bool operator==(const ParameterResponse&) const = default;
};

// UTF-8 wire text. MSH-9.3 and empty header fields are filled as Writer::msh does.
Result<std::string> write(const Adt& m);
Result<std::string> write(const Oru& m);
Result<std::string> write(const Oul& m);
Result<std::string> write(const OrderMessage& m);
Result<std::string> write(const OrderReply& m);
Result<std::string> write(const ReferralMessage& m);
Result<std::string> write(const DocumentMessage& m);
Result<std::string> write(const Query& m);
Result<std::string> write(const QueryResult& m);
Result<std::string> write(const ParameterQuery& m);
Result<std::string> write(const ParameterResponse& m);

// T is one of the above. Times without an offset are taken to be at zone_minutes.
template <class T>
Result<T> parse(const Message& m, int zone_minutes = 480);

}  // namespace huren::hl7
