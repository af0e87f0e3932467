// Words as main() gets them.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace p2plive::test {

class CommandLine {
public:
  explicit CommandLine(std::vector<std::string> arguments) : words_(std::move(arguments)) {
    words_.insert(words_.begin(), "p2plive-sim");
    for (auto& word : words_)
      pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  int argc() const { return static_cast<int>(words_.size()); }
  char** argv() { return pointers_.data(); }

private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

} // namespace p2plive::test
