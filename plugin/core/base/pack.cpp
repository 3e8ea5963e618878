#define ZSTD_STATIC_LINKING_ONLY  // dictionaries digested with our parameters; the library is linked statically
#include "core/base/pack.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "core/base/embedded.hpp"

namespace huren {
namespace embedded {
std::span<const File> dictionaries();
}
namespace {

// ADR 0018 has the figures.
constexpr int kLevel = -1;
constexpr int kShortestMatch = 7;  // fewer and longer ones
constexpr int kSlotsLog = 13;      // twice level -1's: 28 KB of dictionary crowd each other out of fewer
constexpr unsigned kSentWith = 32769;
constexpr std::size_t kMostKept = std::size_t{1} << 20;
constexpr std::string_view kMagic("\x28\xB5\x2F\xFD", 4);
// Behind a frame: its XXH3 (64 bits, low byte first) in a frame that every reader skips (RFC 8878 §3.1.2). zstd's own checksum is
// of the whole text, twenty times as long.
constexpr std::string_view kSeal("\x5C\x2A\x4D\x18\x08\0\0\0", 8);
constexpr std::size_t kSealSize = 16;

std::array<char, kSealSize> seal_of(std::string_view frame) {
  std::array<char, kSealSize> out{};
  kSeal.copy(out.data(), kSeal.size());
  auto sum = XXH3_64bits(frame.data(), frame.size());
  for (std::size_t i = kSeal.size(); i < kSealSize; ++i, sum >>= 8) out[i] = static_cast<char>(sum & 0xFF);
  return out;
}

// Room that a thread keeps: a fresh one would cost as much as the packing. Not cleared before use.
struct Room {
  char* at_least(std::size_t n) {
    if (n > size) {
      bytes = std::make_unique_for_overwrite<char[]>(n);
      size = n;
    }
    return bytes.get();
  }
  void tidy() {
    if (size > kMostKept) *this = {};
  }
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;
};
thread_local Room room;

struct Free {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
  void operator()(ZSTD_CCtx_params* p) const { ZSTD_freeCCtxParams(p); }
};

unsigned number_of(std::string_view dictionary) { return ZSTD_getDictID_fromDict(dictionary.data(), dictionary.size()); }

// The digested dictionaries are made once and never destroyed: a thread of the host may pack while the process exits.
const ZSTD_CDict* for_packing() {
  static const ZSTD_CDict* const made = [] {
    const std::unique_ptr<ZSTD_CCtx_params, Free> parameters(ZSTD_createCCtxParams());
    if (!parameters) throw std::bad_alloc();
    ZSTD_CCtxParams_setParameter(parameters.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtxParams_setParameter(parameters.get(), ZSTD_c_minMatch, kShortestMatch);
    ZSTD_CCtxParams_setParameter(parameters.get(), ZSTD_c_hashLog, kSlotsLog);
    const ZSTD_CDict* digested = nullptr;
    for (const auto& file : embedded::dictionaries())
      if (number_of(file.text) == kSentWith)
        digested = ZSTD_createCDict_advanced2(file.text.data(), file.text.size(), ZSTD_dlm_byRef, ZSTD_dct_fullDict, parameters.get(), ZSTD_customMem{});
    if (!digested) throw std::bad_alloc();
    return digested;
  }();
  return made;
}

const ZSTD_DDict* for_unpacking(unsigned number) {
  static const auto& made = *[] {
    auto all = std::make_unique<std::vector<std::pair<unsigned, const ZSTD_DDict*>>>();
    for (const auto& file : embedded::dictionaries()) {
      const auto* digested = ZSTD_createDDict_byReference(file.text.data(), file.text.size());
      if (!digested) throw std::bad_alloc();
      all->emplace_back(number_of(file.text), digested);
    }
    return all.release();
  }();
  for (const auto& [known, digested] : made)
    if (known == number) return digested;
  return nullptr;
}

// What a whole frame says of itself; refused: no such frame, longer than the limit, a dictionary that is not ours.
struct Declared {
  std::string_view frame;
  std::size_t size = 0;
  const ZSTD_DDict* dictionary = nullptr;
};
Result<Declared> declared(std::string_view bytes, std::size_t limit) {
  const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (!is_packed(bytes) || size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > limit) return Error{"pack.damaged", "", {}};
  const auto length = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
  if (ZSTD_isError(length)) return Error{"pack.damaged", "", {}};
  const auto frame = bytes.substr(0, length), behind = bytes.substr(length);
  if (const auto seal = seal_of(frame); !behind.empty() && behind != std::string_view(seal.data(), seal.size())) return Error{"pack.damaged", "", {}};
  const auto number = ZSTD_getDictID_fromFrame(frame.data(), frame.size());
  const auto* dictionary = number ? for_unpacking(number) : nullptr;
  if (number && !dictionary) return Error{"pack.dictionary", "", {std::to_string(number)}};
  return Declared{frame, static_cast<std::size_t>(size), dictionary};
}

Result<void> unpack_into(char* out, const Declared& said) {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  const auto got = ZSTD_decompress_usingDDict(context.get(), out, said.size, said.frame.data(), said.frame.size(), said.dictionary);
  if (ZSTD_isError(got) || got != said.size) return Error{"pack.damaged", "", {}};
  return {};
}

}  // namespace

std::string pack(std::string_view bytes) {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context = [] {
    std::unique_ptr<ZSTD_CCtx, Free> made(ZSTD_createCCtx());
    if (made) {
      ZSTD_CCtx_refCDict(made.get(), for_packing());
      // Looked up where it lies: copying its table for every document costs a tenth of the packing.
      ZSTD_CCtx_setParameter(made.get(), ZSTD_c_forceAttachDict, ZSTD_dictForceAttach);
    }
    return made;
  }();
  if (!context) throw std::bad_alloc();
  const auto most = ZSTD_compressBound(bytes.size());
  char* const to = room.at_least(most);
  const auto size = ZSTD_compress2(context.get(), to, most, bytes.data(), bytes.size());
  if (ZSTD_isError(size)) throw std::bad_alloc();  // with room enough, memory is all that can be missing
  std::string out;
  out.reserve(size + kSealSize);
  out.assign(to, size);
  const auto seal = seal_of(out);  // nothing else tells a document that rotted on the disk or that a partner damaged from a good one
  out.append(seal.data(), seal.size());
  room.tidy();
  return out;
}

bool is_packed(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<std::string> unpack(std::string_view frame, std::size_t limit) {
  const auto said = declared(frame, limit);
  if (!said) return said.error();
  std::string out(said->size, '\0');
  if (auto r = unpack_into(out.data(), *said); !r) return r.error();
  return out;
}

Result<void> unpacks(std::string_view frame, std::size_t limit) {
  const auto said = declared(frame, limit);
  if (!said) return said.error();
  auto r = unpack_into(room.at_least(said->size), *said);
  room.tidy();
  return r;
}

}  // namespace huren
