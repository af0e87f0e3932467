// Certificate: one for the process, or one's own.
// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer_pair.h"

#include <gst/check/gstcheck.h> // last: it defines a macro named fail

using namespace p2plive;
using namespace std::chrono_literals;
using net::Certificate;

// Rule: all who ask have the same one, with the same DTLS settings, while somebody holds it; what
// comes after is not known by it.
GST_START_TEST(a_process_has_one) {
  auto first = Certificate::share(), second = Certificate::share();
  fail_unless(first && first == second && first->dtls_settings() == second->dtls_settings());
  auto fingerprint = first->fingerprint();
  first.reset();
  fail_unless(Certificate::share()->fingerprint() == fingerprint);
  second.reset();
  fail_if(Certificate::share()->fingerprint() == fingerprint);
}
GST_END_TEST;

// Rule: after an hour those who come get another; those who are there keep theirs.
GST_START_TEST(it_changes_with_time) {
  auto start = Certificate::Clock::now();
  auto first = Certificate::share(start);
  fail_unless(Certificate::share(start + 59min) == first);
  auto later = Certificate::share(start + 61min);
  fail_unless(later && later != first && later->fingerprint() != first->fingerprint());
  fail_unless(Certificate::share(start + 90min) == later);
}
GST_END_TEST;

// Rule: a connection shows the certificate that it was given, whatever the process's is; and both
// ends may have the same.
GST_START_TEST(a_given_one_is_shown) {
  for (auto own : {Certificate::generate(), Certificate::share()}) {
    test::Loop loop;
    auto options = test::loopback_options();
    options.certificate = own;
    test::Pair pair(loop.context(), options);
    pair.start();
    fail_unless(loop.run_until([&] { return pair.open(); }), "%s", pair.offerer.reason.c_str());
    for (auto* peer : {&pair.offerer, &pair.answerer})
      fail_unless(peer->description.find(own->fingerprint()) != std::string::npos);
  }
}
GST_END_TEST;

static Suite* certificate_suite() {
  auto* suite = suite_create("certificate");
  auto* tcase = tcase_create("general");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, a_process_has_one);
  tcase_add_test(tcase, it_changes_with_time);
  tcase_add_test(tcase, a_given_one_is_shown);
  return suite;
}

GST_CHECK_MAIN(certificate)
