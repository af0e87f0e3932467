// What no rule could spare the CDN: some viewers need more than whom they can meet can upload.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "sim/access.h"

#include <vector>

namespace p2plive::sim {

/// The fewest copies of a stream of `bitrate` (bits a second) that the CDN has to send to `takers`
/// when `givers` give them all that their lines carry: the largest lack of any set of takers, which
/// is one of takers with the same kinds of NAT (the cut that limits the flow: Ford and Fulkerson,
/// 1956). 0: lines have room for everything, and one copy that anybody fetches may do. A bound: it
/// leaves out that nobody gives to itself, that data have to come in time, and what messages take.
double least_copies(const std::vector<Access>& takers, const std::vector<Access>& givers,
                    double bitrate);

} // namespace p2plive::sim
