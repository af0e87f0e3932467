// How far a long run is.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "console/progress_line.h"
#include "simulation/watched_run.h"

#include <gst/check/gstcheck.h>

#include <cstdlib>

using namespace p2plive;
using namespace std::chrono_literals;
using console::ProgressLine;

namespace {

/// What a file would have got.
class Paper {
public:
  Paper() : file(open_memstream(&text_, &size_)) {}
  ~Paper() {
    std::fclose(file);
    std::free(text_);
  }
  std::string text() const {
    std::fflush(file);
    return {text_, size_};
  }

private:
  char* text_ = nullptr;
  std::size_t size_ = 0;

public:
  std::FILE* file;
};

constexpr ProgressLine::Clock::time_point begin{1h};

} // namespace

// Rule: nothing where there is no terminal, and nothing of a short run.
GST_START_TEST(short_runs_and_files_get_nothing) {
  Paper paper;
  ProgressLine to_file(paper.file, 0, begin), to_terminal(paper.file, 80, begin);
  to_file.show(0.5, "half", begin + 1h);
  to_terminal.show(0.5, "half", begin + 1s);
  to_file.clear();
  to_terminal.clear();
  fail_unless(paper.text().empty(), "%s", paper.text().c_str());
}
GST_END_TEST;

// Rule: a line stays in its place, within the terminal, is not drawn all the time, and goes.
GST_START_TEST(a_line_is_drawn_over_itself) {
  Paper paper;
  ProgressLine line(paper.file, 40, begin);
  line.show(0.5, "half, and many more words than fit", begin + 3s);
  std::string once = "\r[########        ]  50 %  half, and man";
  fail_unless_equals_int(once.size(), 1 + 39);
  fail_unless(paper.text() == once, "%s", paper.text().c_str());
  line.show(0.6, "too soon", begin + 3100ms);
  fail_unless(paper.text() == once, "%s", paper.text().c_str());
  line.show(1, "all", begin + 4s);
  auto twice = once + "\r[################] 100 %  all          ";
  fail_unless(paper.text() == twice, "%s", paper.text().c_str());
  line.clear();
  auto cleared = paper.text().substr(twice.size());
  fail_unless(cleared.front() == '\r' && cleared.back() == '\r');
  fail_unless(cleared.find_first_not_of(' ', 1) == cleared.size() - 1);
}
GST_END_TEST;

// Rule: progress is told in the run's own time, to its end, with who watches and how fast it goes.
GST_START_TEST(a_run_tells_its_progress) {
  simulation::Options options;
  options.audience.viewers = 4;
  options.audience.arrivals = 2s;
  options.steady = std::chrono::seconds(1);
  options.seconds = std::chrono::seconds(3);
  simulation::Progress last;
  simulate(options, [&](const simulation::Progress& progress) {
    fail_unless(progress.done > last.done && progress.all == 5s);
    last = progress;
  });
  fail_unless(last.done == 5s && last.watching == 4);
  auto words = to_words(last, 2s);
  fail_unless_equals_string(words.c_str(), "5 of 5 s, 4 viewers, 2.5 x real time");
}
GST_END_TEST;

static Suite* progress_suite() {
  auto* suite = suite_create("simulation-progress");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, short_runs_and_files_get_nothing);
  tcase_add_test(tcase, a_line_is_drawn_over_itself);
  tcase_add_test(tcase, a_run_tells_its_progress);
  return suite;
}

GST_CHECK_MAIN(progress)
