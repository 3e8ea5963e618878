// A folder into which a system of the hospital drops one HL7 v2 message a file (*.hl7).
// Promises: a file is taken once it has stood unchanged for settle_ms, in the order of its times; it is accepted before
// it
//   moves to done/ or failed/, with the answer beside it (NAME.ack), both by rename; a crash in between hands it in
//   again and the engine knows it. Refuses: links, folders, files over the limit (failed/); what the engine cannot
//   store now stays and is tried again.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "adapters/common/net.hpp"
#include "huren/adapter.hpp"

namespace huren::his_hl7v2_feed {

struct FileDropSettings {
  std::string name;  // "feed.lis", for the log
  std::filesystem::path directory;
  std::uint32_t poll_ms = 500, settle_ms = 1'000, retry_ms = 5'000;
  std::uintmax_t max_file_bytes = std::uintmax_t{16} << 20;
};

class FileDrop {
 public:
  using Accept = std::function<Reply(std::string&& body)>;
  FileDrop(FileDropSettings settings, Accept accept, EngineServices& engine);
  ~FileDrop();
  FileDrop(const FileDrop&) = delete;
  FileDrop& operator=(const FileDrop&) = delete;
  Result<void> start();  // Error feed.directory_unreadable
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Seen {
    std::filesystem::file_time_type time;
    std::uintmax_t bytes = 0;
    Clock::time_point since;       // unchanged since then
    Clock::time_point not_before;  // after an answer that asks for patience
    bool told = false;
  };
  void run();
  void round();
  void take(const std::filesystem::path& file, Seen& seen);
  void put_away(const std::filesystem::path& file, const char* where_to, const std::string& answer);

  FileDropSettings settings_;
  Accept accept_;
  EngineServices& engine_;
  common::Waker stop_;
  std::thread thread_;
  std::map<std::filesystem::path, Seen> seen_;
  bool unreadable_ = false;
};

}  // namespace huren::his_hl7v2_feed
