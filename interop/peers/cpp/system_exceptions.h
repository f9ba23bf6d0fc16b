// The OMG system exceptions by number, in the order of the table in the README of this folder.

#pragma once

#include "echo.hh"

#include <iterator>

// The number of a system exception is its place here.
constexpr const char* system_exception_names[] = {
#define QUORB_NAME(name) #name,
    OMNIORB_FOR_EACH_SYS_EXCEPTION(QUORB_NAME)
#undef QUORB_NAME
};

constexpr CORBA::ULong system_exception_count = std::size(system_exception_names);

inline CORBA::CompletionStatus completion_status(Torture::Completion completed) {
    switch (completed) {
    case Torture::DONE_YES:
        return CORBA::COMPLETED_YES;
    case Torture::DONE_NO:
        return CORBA::COMPLETED_NO;
    default:
        return CORBA::COMPLETED_MAYBE;
    }
}

// Throws; a number beyond the table is BAD_PARAM.
inline void raise_system_exception(CORBA::ULong number, CORBA::ULong minor, CORBA::CompletionStatus completed) {
    CORBA::ULong candidate = 0;
#define QUORB_RAISE(name)        \
    if (candidate++ == number) \
        throw CORBA::name(minor, completed);
    OMNIORB_FOR_EACH_SYS_EXCEPTION(QUORB_RAISE)
#undef QUORB_RAISE
    throw CORBA::BAD_PARAM(0, CORBA::COMPLETED_NO);
}
