#include "ctl/hl7/hl7_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/base/text.hpp"
#include "core/hl7/batch.hpp"
#include "core/hl7/show.hpp"
#include "ctl/hl7/wire.hpp"
#include "ctl/words/cli_words.hpp"

namespace huren::ctl {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kClean = 0, kErrors = 1, kUnreadable = 2;
constexpr std::size_t kMostBytes = std::size_t{256} << 20;  // of one file, as hl7::read_batch has it

struct Wishes {
  std::vector<std::string> files;
  std::string profile = "standard", lang = "zh", peer;
  bool json = false;
  int timeout_ms = 10'000;
  ListenOptions listen;
};

// A file's messages: one, or those of a batch; the text lives in bytes.
struct File {
  std::string name, bytes;
  std::vector<std::string_view> messages;
  Findings envelope;  // what is wrong with the batch around them
};

// The values that stand in a sentence of the catalogue; nothing where it is another sentence.
std::optional<std::vector<std::string>> values_in(std::string_view said, std::string_view form) {
  std::vector<std::string> values;
  for (;;) {
    const auto open = form.find('{'), close = form.find('}', open);
    if (!said.starts_with(form.substr(0, open))) return std::nullopt;
    if (open == form.npos || close == form.npos) return said.size() == form.size() ? std::optional(values) : std::nullopt;
    const auto place = static_cast<std::size_t>(std::clamp(std::atoi(std::string(form.substr(open + 1, close - open - 1)).c_str()), 0, 9));
    said.remove_prefix(open);
    form.remove_prefix(close + 1);
    const auto next = form.substr(0, form.find('{'));
    const auto end = next.empty() ? said.size() : said.find(next);
    if (end == said.npos) return std::nullopt;
    values.resize(std::max(values.size(), place + 1));
    values[place] = said.substr(0, end);
    said.remove_prefix(end);
  }
}

// A huren answers in its hospital's language; its catalogue is ours, so the sentence can be said in the operator's.
std::string told(const hl7::AckError& e, Language language) {
  if (const auto* entry = catalogue_entry(e.id))
    for (const auto form : {entry->zh, entry->en})
      if (auto values = values_in(e.text, form)) return text({entry->id, "", std::move(*values)}, language);
  return e.text;
}

class Run {
 public:
  Run(Wishes wishes, std::ostream& out, std::ostream& err)
      : w_(std::move(wishes)), language_(w_.lang == "en" ? Language::en : Language::zh), out_(out), err_(err) {}

  // A full disk or a closed pipe must not look like success.
  int ended(int status) {
    out_.flush();
    return out_.good() ? status : fail("", {"hl7.not_written", "", {}});
  }

  int show() {
    Json all = Json::array();
    each([&](const File& file, std::string_view bytes) {
      if (const auto m = read(file, bytes)) all.push_back({{"file", file.name}, {"values", hl7::tree(*m)}});
    });
    if (all.size() == 1 && w_.files.size() == 1) out_ << all[0]["values"].dump(2) << "\n";
    else if (!all.empty()) out_ << all.dump(2) << "\n";
    return status_;
  }

  int check() {
    const auto profile = load_profile();
    if (!profile) return fail("", profile.error());
    Json all = Json::array();
    int messages = 0, errors = 0, warnings = 0;
    each([&](const File& file, std::string_view bytes) {
      const auto m = read(file, bytes);
      if (!m) return;
      auto findings = bytes.data() == file.messages.front().data() ? file.envelope : Findings();
      findings.insert(findings.end(), m->findings().begin(), m->findings().end());
      for (auto& f : hl7::check(*m, *profile)) findings.push_back(std::move(f));
      if (has_error(findings)) status_ = std::max(status_, kErrors);
      ++messages;
      Json list = Json::array();
      for (const auto& f : findings) {
        errors += f.severity == Severity::error;
        warnings += f.severity == Severity::warning;
        const auto j = hl7::to_json(f, language_);
        list.push_back(j);
        if (!w_.json)
          out_ << file.name << ": " << j["severity"].get<std::string>() << (f.error.where.empty() ? "" : " " + f.error.where) << ": "
               << text(f.error, language_) << " [" << f.error.id << "]\n";
      }
      all.push_back({{"file", file.name}, {"control_id", m->header().control_id}, {"findings", std::move(list)}});
    }, false);
    if (w_.json) out_ << all.dump(2) << "\n";
    else err_ << text({"hl7.checked", "", {std::to_string(messages), std::to_string(errors), std::to_string(warnings)}}, language_) << "\n";
    return status_;
  }

  // What stands around the messages of a batch is written as it is.
  int roundtrip() {
    each([&](const File& file, std::string_view bytes) {
      const auto before = static_cast<std::size_t>(bytes.data() - file.bytes.data());
      out_ << std::string_view(file.bytes).substr(written_, before - written_);
      written_ = before + bytes.size();
      if (const auto m = read(file, bytes)) {
        if (const auto back = from_utf8(m->rebuilt(), m->charset())) out_ << *back;
        else fail(file.name, back.error());
      }
      if (bytes.data() == file.messages.back().data()) {
        out_ << std::string_view(file.bytes).substr(written_);
        written_ = 0;
      }
    });
    return status_;
  }

  int send() {
    const auto colon = w_.peer.rfind(':');
    const int port = colon == std::string::npos ? 0 : std::atoi(w_.peer.c_str() + colon + 1);
    if (port < 1 || port > 65535) return fail("", {"mllp.peer", "", {w_.peer}});
    MllpClient client(w_.peer.substr(0, colon), static_cast<std::uint16_t>(port), w_.timeout_ms);
    each([&](const File& file, std::string_view bytes) {
      const auto sent = client.send(std::string(bytes));
      if (!sent) {
        fail(file.name, sent.error());
        return;
      }
      const bool good = sent->verdict == hl7::AckVerdict::accepted || sent->verdict == hl7::AckVerdict::committed;
      if (!good) status_ = std::max(status_, kErrors);
      out_ << file.name << ": " << (sent->commit && !sent->still_owed ? "CA, " : "") << to_string(sent->ack.code) << ' ' << sent->ack.control_id << ' '
           << (sent->ack.errors.empty() || sent->ack.errors.front().text != sent->ack.text ? sent->ack.text : told(sent->ack.errors.front(), language_)) << "\n";
      if (sent->still_owed) out_ << "  " << text({"mllp.application_ack_owed", "", {std::to_string(w_.timeout_ms)}}, language_) << "\n";
      for (const auto& e : sent->ack.errors) out_ << "  " << e.severity << ' ' << e.code << ' ' << e.location << ' ' << told(e, language_) << "\n";
    });
    return status_;
  }

  int listen() {
    const auto profile = load_profile();
    if (!profile) return fail("", profile.error());
    w_.listen.profile = &*profile;
    w_.listen.language = language_;
    if (const auto done = ctl::listen(w_.listen, out_); !done) return fail("", done.error());
    return kClean;
  }

 private:
  int fail(const std::string& file, const Error& e) {
    say(file, e);
    return status_ = kUnreadable;
  }
  void say(const std::string& file, const Error& e) {
    err_ << (file.empty() ? "" : file + ": ") << (e.where.empty() ? "" : e.where + ": ") << text(e, language_) << " [" << e.id << "]\n";
  }

  // "-" is standard input. A folder reads as nothing, so it is named for what it is.
  static Result<std::string> contents(const std::string& name) {
    std::error_code ignored;
    if (name != "-" && std::filesystem::is_directory(name, ignored)) return Error{"hl7.is_folder", "", {name}};
    std::ifstream file;
    if (name != "-") file.open(name, std::ios::binary);
    std::istream& in = name == "-" ? std::cin : file;
    std::string bytes;
    std::array<char, 65536> chunk{};
    while (in.read(chunk.data(), chunk.size()) || in.gcount() > 0) {
      bytes.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
      if (bytes.size() > kMostBytes) return Error{"hl7.too_large", "", {"> " + std::to_string(kMostBytes), std::to_string(kMostBytes)}};
    }
    if (in.bad() || (name != "-" && !file.is_open())) return Error{"hl7.no_file", "", {name}};
    return bytes;
  }

  // check lists the findings of an envelope itself.
  template <class Visit>
  void each(const Visit& visit, bool envelope = true) {
    for (const auto& name : w_.files) {
      File file{name, {}, {}, {}};
      auto bytes = contents(name);
      if (!bytes) {
        fail(name, bytes.error());
        continue;
      }
      file.bytes = *std::move(bytes);
      if (!split(file)) continue;
      for (const auto& f : file.envelope)
        if (envelope) say(file.name, f.error);
      for (const auto message : file.messages) visit(file, message);
    }
  }

  bool split(File& file) {
    const auto batch = hl7::read_batch(file.bytes);
    if (!hl7::is_batch(file.bytes) && (!batch || batch->messages() <= 1)) {
      file.messages.push_back(file.bytes);
      return true;
    }
    if (!batch) {
      fail(file.name, batch.error());
      return false;
    }
    file.envelope = batch->findings;
    for (const auto& b : batch->batches) file.messages.insert(file.messages.end(), b.messages.begin(), b.messages.end());
    return true;
  }

  std::optional<hl7::Message> read(const File& file, std::string_view bytes) {
    auto m = hl7::Message::view(bytes);
    if (m) return *std::move(m);
    fail(file.name, m.error());
    return std::nullopt;
  }

  Result<hl7::Profile> load_profile() {
    if (const auto* known = hl7::Profile::named(w_.profile)) return *known;
    const auto csv = contents(w_.profile);
    if (!csv) return csv.error().id == "hl7.no_file" ? Error{"hl7.no_profile", "", {w_.profile}} : csv.error();
    return hl7::Profile::parse(*csv, w_.profile);
  }

  Wishes w_;
  Language language_;
  std::ostream& out_;
  std::ostream& err_;
  int status_ = kClean;
  std::size_t written_ = 0;  // of the file in hand, by roundtrip
};

}  // namespace

int hl7_command(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  Wishes w;
  CLI::App app{"HL7 v2 messages in files and over MLLP / 查看、检查、收发 HL7 v2 报文", "huren-ctl hl7"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--lang", w.lang, "zh | en")->check(CLI::IsMember({"zh", "en"}));
  app.add_flag("--json", w.json, "findings as JSON / 以 JSON 输出");
  auto* show = app.add_subcommand("show", "the whole message as JSON, paths as keys / 以 JSON 显示整个报文");
  auto* check = app.add_subcommand("check", "findings with their place / 逐条列出问题与位置");
  check->add_option("--profile", w.profile, "standard, strict, alliance, feed or a CSV file / 规则名或 CSV 文件");
  auto* roundtrip = app.add_subcommand("roundtrip", "read and write back / 读入后写回");
  auto* send = app.add_subcommand("send", "send over MLLP and show the answers / 发送并显示应答");
  send->add_option("peer", w.peer, "HOST:PORT")->required();
  send->add_option("--timeout", w.timeout_ms, "milliseconds to wait for an answer")->check(CLI::Range(1, 600'000));
  for (auto* verb : {show, check, roundtrip, send}) verb->add_option("files", w.files, "files, or - for standard input / 文件，- 为标准输入")->required();
  auto* listen = app.add_subcommand("listen", "answer what comes over MLLP / 监听并应答");
  listen->add_option("port", w.listen.port, "0: any free one")->required();
  listen->add_option("--messages", w.listen.messages, "stop after so many");
  listen->add_option("--code", w.listen.forced_code, "answer this code")->check(CLI::IsMember({"AA", "AE", "AR", "CA", "CE", "CR"}));
  listen->add_option("--keep", w.listen.folder, "folder to keep the messages in")->check(CLI::ExistingDirectory);
  listen->add_option("--frame-timeout", w.listen.frame_timeout_ms, "milliseconds a frame may stand still")->check(CLI::Range(1, 600'000));
  listen->add_option("--profile", w.profile, "standard, strict, alliance, feed or a CSV file / 规则名或 CSV 文件");
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e, out, err);
    std::vector<const char*> words{"hl7"};
    for (const auto& a : args) words.push_back(a.c_str());
    // What was not taken in before the fault may name the language.
    const bool english = w.lang == "en" || std::find(args.begin(), args.end(), "--lang=en") != args.end() ||
                         std::adjacent_find(args.begin(), args.end(), [](const auto& a, const auto& b) { return a == "--lang" && b == "en"; }) != args.end();
    err << text(words_for(e, static_cast<int>(words.size()), words.data(), app), english ? Language::en : Language::zh) << "\n";
    return kUnreadable;
  }
  Run run(std::move(w), out, err);
  if (*show) return run.ended(run.show());
  if (*check) return run.ended(run.check());
  if (*roundtrip) return run.ended(run.roundtrip());
  if (*send) return run.ended(run.send());
  return run.listen();
}

}  // namespace huren::ctl
