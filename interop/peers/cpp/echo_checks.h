// The checks of echo_client, one function per subject.

#pragma once

#include "checks.h"
#include "echo.hh"

// The session's object as an Echo, without asking the server whether it is one.
inline Torture::Echo_ptr echo_of(const Session& session) {
    return Torture::Echo::_unchecked_narrow(session.object);
}

std::vector<Check> type_checks();
std::vector<Check> object_checks();
std::vector<Check> fault_checks();
std::vector<Check> load_checks();
