// <p2plive/viewer.h> before anything is installed.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "viewer/viewer.h"
