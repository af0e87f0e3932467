// Runs a fuzzer's entry point over its corpus, without libFuzzer: each file, each beginning of it
// (for long ones: some), and a few thousand fixed distortions.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/require.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t beginnings = 512;
constexpr int distortions = 500;

/// From memory of exactly this size, so that the sanitizer sees a byte too many.
void run(const Bytes& bytes, std::size_t size) {
  Bytes exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  exact.shrink_to_fit();
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void replay(const Bytes& bytes) {
  auto step = std::max<std::size_t>(1, bytes.size() / beginnings);
  for (std::size_t size = 0; size < bytes.size(); size += step)
    run(bytes, size);
  run(bytes, bytes.size());
  std::mt19937 random(1); // the same distortions in each run
  for (int i = 0; i < distortions && !bytes.empty(); ++i) {
    auto distorted = bytes;
    for (int j = 0; j < 4; ++j)
      distorted[random() % distorted.size()] = static_cast<std::uint8_t>(random());
    run(distorted, distorted.size());
  }
}

} // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      replay(Bytes(std::istreambuf_iterator<char>(file), {}));
      ++files;
    }
  }
  std::cout << files << " files replayed\n";
  return files > 0 ? 0 : 1;
}
