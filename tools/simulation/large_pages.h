// Memory for a large audience: it is looked at all over, and with pages of 4 KiB a sixth of the
// time goes into finding where they are.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace p2plive::simulation {

/// To be called first in main(): malloc asks for transparent large pages only when the process was
/// started so (glibc manual, "Memory Allocation Tunables"). Starts the program anew with that,
/// once; a GLIBC_TUNABLES that is set already is left as it is.
void begin_with_large_pages(char** argv);

} // namespace p2plive::simulation
