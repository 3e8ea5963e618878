// The store under test: every store adapter is one subject and runs every case, told apart by its quirks alone.
#pragma once
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "huren/adapter.hpp"
#include "tests/support/temp_dir.hpp"

namespace huren::test {

struct Quirks {
  bool same_process_lease = true;  // two stores of one process exclude each other
};

struct Subject {
  std::string name;
  const AdapterEntry& (*entry)();
  std::function<Options(const TempDir&)> options;
  Quirks quirks;
};

const std::vector<Subject>& subjects();

// One opened store in a directory of its own.
class Opened {
 public:
  explicit Opened(const Subject& subject) : subject_(subject) { reopen(); }
  void reopen() {
    store_.reset();
    store_ = another();
  }
  std::unique_ptr<StoreAdapter> another() {
    const AdapterSetup setup{.engine = nullptr, .config_dir = {}, .options = subject_.options(dir_), .peers = {}};
    auto adapter = subject_.entry().create(setup);
    if (!adapter) throw std::runtime_error(line(adapter.error()));
    return std::unique_ptr<StoreAdapter>(static_cast<StoreAdapter*>(adapter->get() ? (*adapter).release() : nullptr));
  }
  StoreAdapter& store() { return *store_; }

  // The transaction or the reading must succeed.
  void write(const std::function<Result<void>(store::Unit&)>& fn) {
    if (auto done = store_->transact(fn); !done) FAIL(line(done.error()));
  }
  void read(const std::function<void(store::Reader&)>& fn) {
    auto done = store_->read([&](store::Reader& reader) -> Result<void> {
      fn(reader);
      return {};
    });
    if (!done) FAIL(line(done.error()));
  }

 private:
  const Subject& subject_;
  TempDir dir_;
  std::unique_ptr<StoreAdapter> store_;
};

template <class T>
T good(Result<T> result) {
  if (!result) FAIL(line(result.error()));
  return std::move(*result);
}

}  // namespace huren::test

// Runs the case once for each store adapter.
#define FOR_EACH_STORE(opened)                         \
  for (const auto& subject_ : huren::test::subjects()) \
    if (huren::test::Opened opened(subject_); true) DYNAMIC_SECTION(subject_.name)
